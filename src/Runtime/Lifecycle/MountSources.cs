using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// Mounts that only the host's root can prepare: sources of binds that a user namespace could not reach, mounts with mapped ids, and file systems that
/// begin with a copy of what they cover. Each becomes a detached mount, before the program runs or, below the root file system, when the program asks.
/// </summary>
internal sealed class MountSources(RuntimeSpec spec, string rootfs, FileDescriptor root, bool rootless)
{
    private readonly bool _hasUserNamespace = spec.Linux?.Namespaces?.Any(n => n.Type == "user") == true;

    /// <summary>The prepared mounts by their places in the configuration. Appends the descriptors to <paramref name="passed"/>.</summary>
    public Dictionary<int, int> Prepare(List<FileDescriptor> passed)
    {
        Dictionary<int, int> sources = [];
        IList<MountSpec> mounts = spec.Mounts ?? [];
        for (int i = 0; i < mounts.Count; i++)
        {
            if (Prepare(mounts[i], MountOptions.Parse(mounts[i])) is not { } made)
                continue;
            sources[i] = passed.Count;
            passed.Add(made);
        }
        return sources;
    }

    /// <summary>Sources that are below the root file system, by the places of their mounts.</summary>
    public Dictionary<int, InnerSource> Inner()
    {
        Dictionary<int, InnerSource> inner = [];
        IList<MountSpec> mounts = spec.Mounts ?? [];
        for (int i = 0; i < mounts.Count; i++)
            if (BelowRoot(mounts[i]) is { } path && MountOptions.Parse(mounts[i]) is { Bind: true } options)
                inner[i] = new InnerSource(path, Asked: !rootless && (_hasUserNamespace || Maps(mounts[i], options)));
        return inner;
    }

    /// <summary>
    /// Opens such a source as the mounts made so far show it, from within the process's mount namespace. <paramref name="atRoot"/>: the root file system is
    /// attached over "/" there, else over its own directory.
    /// </summary>
    public FileDescriptor Open(int pid, int place, bool atRoot)
    {
        MountSpec mount = spec.Mounts![place];
        MountOptions options = MountOptions.Parse(mount);
        using FileDescriptor? ids = Maps(mount, options) ? IdsOf(mount, options) : null;
        using FileDescriptor mounts = Fcntl.Open($"/proc/{pid}/ns/mnt", Fcntl.O_RDONLY);
        return NamespaceThread.Run(mounts, Sched.CLONE_NEWNS, () =>
        {
            using FileDescriptor top = Fcntl.Open(atRoot ? "/" : rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY);
            using FileDescriptor source = Fcntl.OpenInRoot(top, BelowRoot(mount)!, Fcntl.O_PATH);
            CheckLocks(mount, options, source);
            FileDescriptor tree = Mount.CloneTree(source, options.RecursiveBind);
            if (ids is not null)
                MapIds(mount, options, tree, ids);
            return tree;
        });
    }

    private string? BelowRoot(MountSpec mount) =>
        mount.Source is { Length: > 0 } source && rootfs.Length > 1 && (Path.GetFullPath(source) + "/").StartsWith(rootfs + "/", StringComparison.Ordinal)
            ? Path.GetFullPath(source)[rootfs.Length..].Trim('/') : null;

    private static bool Maps(MountSpec mount, MountOptions options) => options.IdMap || mount.UidMappings is { Count: > 0 } || mount.GidMappings is { Count: > 0 };

    private FileDescriptor? Prepare(MountSpec mount, MountOptions options)
    {
        bool maps = Maps(mount, options);
        if (options.CopyUp && mount.Type == "tmpfs" && !rootless)
            return CopyUp(mount, options);
        if (!options.Bind)
            return maps ? throw TareException.Invalid($"mount {mount.Destination}: ids can be mapped on bind mounts only") : null;
        if ((!maps && (!_hasUserNamespace || rootless)) || BelowRoot(mount) is not null)
            return null;
        string source = mount.Source ?? throw TareException.Invalid($"the bind mount on {mount.Destination} has no source");
        FileDescriptor tree = Mount.CloneTree(source, options.RecursiveBind);
        CheckLocks(mount, options, tree);
        if (!maps)
            return tree;
        using FileDescriptor ids = IdsOf(mount, options);
        MapIds(mount, options, tree, ids);
        return tree;
    }

    /// <summary>What is prepared by the host's root has no locks; a user namespace would have got them with its copy of the host's mounts.</summary>
    private void CheckLocks(MountSpec mount, MountOptions options, FileDescriptor source)
    {
        if (_hasUserNamespace && !options.Remount && BindFlags.Locked(options, Stat.MountFlags(source)) is { } locked)
            throw new TareException(ErrorKind.InvalidArgument, "unable to start container process",
                new TareException(ErrorKind.InvalidArgument, $"error during container init: error mounting {mount.Source} to rootfs at {mount.Destination}: {locked}", new SyscallException("mount_setattr", Errno.EPERM)));
    }

    /// <summary>The user namespace whose maps a mount has.</summary>
    private FileDescriptor IdsOf(MountSpec mount, MountOptions options)
    {
        bool own = mount.UidMappings is { Count: > 0 } || mount.GidMappings is { Count: > 0 };
        if (own && (mount.UidMappings is not { Count: > 0 } || mount.GidMappings is not { Count: > 0 }))
            throw TareException.Invalid($"mount {mount.Destination}: uidMappings and gidMappings must be given together");
        if (!own && !_hasUserNamespace)
            throw TareException.Invalid($"mount {mount.Destination}: \"idmap\" without mappings of its own needs a user namespace");
        return own ? UserNamespaceFile.Create(mount.UidMappings!, mount.GidMappings!) : OfContainer();
    }

    private static void MapIds(MountSpec mount, MountOptions options, FileDescriptor tree, FileDescriptor ids)
    {
        Errno errno = Mount.TryMapIds(tree, ids, options.RecursiveIdMap);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.NotSupported, $"map the ids of {mount.Source} for {mount.Destination} (the file system must support it)", new SyscallException("mount_setattr", errno, mount.Source));
    }

    private FileDescriptor OfContainer()
    {
        string? path = spec.Linux!.Namespaces!.First(n => n.Type == "user").Path;
        return string.IsNullOrEmpty(path) ? UserNamespaceFile.Create(spec.Linux.UidMappings ?? [], spec.Linux.GidMappings ?? []) : Fcntl.Open(path, Fcntl.O_RDONLY);
    }

    private FileDescriptor CopyUp(MountSpec mount, MountOptions options)
    {
        FileDescriptor made = Mount.CreateDetached("tmpfs", mount.Source ?? "tmpfs", options.Data, options.Set & ~Mount.MOUNT_ATTR_RDONLY);
        if (Fcntl.TryOpenInRoot(root, mount.Destination, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0, out FileDescriptor covered) == Errno.None)
            using (covered)
                TreeCopy.Into(made, covered);
        return made;
    }
}
