using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// Mounts that only the host's root can prepare: sources of binds that a user namespace could not reach, mounts with mapped ids, and file systems that
/// begin with a copy of what they cover. Each becomes a detached mount.
/// </summary>
internal sealed class MountSources(RuntimeSpec spec, FileDescriptor root, bool rootless)
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

    private FileDescriptor? Prepare(MountSpec mount, MountOptions options)
    {
        bool maps = options.IdMap || mount.UidMappings is { Count: > 0 } || mount.GidMappings is { Count: > 0 };
        if (options.CopyUp && mount.Type == "tmpfs" && !rootless)
            return CopyUp(mount, options);
        if (!options.Bind)
            return maps ? throw TareException.Invalid($"mount {mount.Destination}: ids can be mapped on bind mounts only") : null;
        if (!maps && (!_hasUserNamespace || rootless))
            return null;
        string source = mount.Source ?? throw TareException.Invalid($"the bind mount on {mount.Destination} has no source");
        FileDescriptor tree = Mount.CloneTree(source, options.RecursiveBind);
        if (maps)
            MapIds(mount, options, tree);
        return tree;
    }

    private void MapIds(MountSpec mount, MountOptions options, FileDescriptor tree)
    {
        bool own = mount.UidMappings is { Count: > 0 } || mount.GidMappings is { Count: > 0 };
        if (own && (mount.UidMappings is not { Count: > 0 } || mount.GidMappings is not { Count: > 0 }))
            throw TareException.Invalid($"mount {mount.Destination}: uidMappings and gidMappings must be given together");
        if (!own && !_hasUserNamespace)
            throw TareException.Invalid($"mount {mount.Destination}: \"idmap\" without mappings of its own needs a user namespace");
        using FileDescriptor ns = own
            ? UserNamespaceFile.Create(mount.UidMappings!, mount.GidMappings!)
            : OfContainer();
        Errno errno = Mount.TryMapIds(tree, ns, options.RecursiveIdMap);
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
