using Tare.Engine.Containers.Secrets;
using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci;
using Tare.Runtime.Checkpoint;

namespace Tare.Engine.Containers.Start;

/// <summary>
/// Mounts that the container's process could not make from a path: parts of volumes and images, the shared memory of another container. Each is a
/// detached mount that is handed over as a descriptor. Owns them until the start is over.
/// </summary>
internal sealed class PreparedMounts(ContainerContext context, UserNamespace? users) : IDisposable
{
    private readonly Dictionary<string, FileDescriptor> _byDestination = new(StringComparer.Ordinal);
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);

    /// <summary>Prepares what a container needs. Volumes are mounted already.</summary>
    internal static PreparedMounts Prepare(ContainerContext context, ContainerRecord record, UserNamespace? users)
    {
        PreparedMounts prepared = new(context, users);
        try
        {
            foreach (MountRecord mount in record.Mounts)
            {
                if (mount.Kind == MountKind.Image)
                    prepared.AddImage(mount);
                else if (mount is { Kind: MountKind.Volume, Subpath.Length: > 0 })
                    prepared.AddSubpath(mount, () => Fcntl.Open(mount.Source, Fcntl.O_PATH | Fcntl.O_DIRECTORY), $"volume {mount.VolumeName}");
            }
            foreach ((string destination, FileDescriptor tree, bool isFile) in SecretFiles.Prepare(context.Paths, record))
            {
                prepared._byDestination[destination] = tree;
                if (isFile)
                    _ = prepared._files.Add(destination);
            }
            if (NamespaceChoice.Target(record.HostConfig.IpcMode) is { } other && SharedMemory.OpenOf(context.Store.Get(other)) is { } shared)
                prepared._byDestination["/dev/shm"] = shared;
            prepared.MapIds(record);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Appends the descriptors that a configuration's mounts use to <paramref name="passed"/> and gives their indexes by the mount's place, and the places
    /// of those that are directories.
    /// </summary>
    internal (Dictionary<int, int> Sources, Dictionary<int, bool> Directories) HandOver(IList<Oci.Runtime.MountSpec> mounts, List<FileDescriptor> passed)
    {
        Dictionary<int, int> sources = [];
        Dictionary<int, bool> directories = [];
        for (int i = 0; i < mounts.Count; i++)
        {
            if (!_byDestination.TryGetValue(mounts[i].Destination, out FileDescriptor? mount))
                continue;
            sources[i] = passed.Count;
            directories[i] = !_files.Contains(mounts[i].Destination);
            passed.Add(mount);
        }
        return (sources, directories);
    }

    /// <summary>All of them by their destinations.</summary>
    internal IReadOnlyDictionary<string, PreparedMount> All =>
        _byDestination.ToDictionary(mount => mount.Key, mount => new PreparedMount(mount.Value, !_files.Contains(mount.Key)));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor mount in _byDestination.Values)
            mount.Dispose();
    }

    /// <summary>In a user namespace every mount of files shows the container's ids; what is bound by its path is prepared here for that.</summary>
    private void MapIds(ContainerRecord record)
    {
        if (users is null)
            return;
        foreach ((string destination, FileDescriptor tree) in _byDestination)
            users.MapIds(tree, $"the mount on {destination}");
        foreach ((string destination, string source, bool recursive) in record.Mounts
            .Where(mount => mount.Kind is MountKind.Bind or MountKind.Volume && !_byDestination.ContainsKey(mount.Destination))
            .Select(mount => (mount.Destination, mount.Source, !mount.NonRecursive))
            .Concat(EngineFiles(record.Id).Where(file => !record.Mounts.Any(mount => mount.Destination == file.Destination))))
        {
            _byDestination[destination] = users.Map(source, recursive);
            if (!Directory.Exists(source))
                _ = _files.Add(destination);
        }
    }

    private (string Destination, string Source, bool Recursive)[] EngineFiles(string id) =>
    [
        ("/etc/resolv.conf", context.Paths.ResolvConf(id), false), ("/etc/hostname", context.Paths.Hostname(id), false), ("/etc/hosts", context.Paths.Hosts(id), false),
    ];

    private void AddImage(MountRecord mount)
    {
        FileDescriptor tree = OpenImage(mount);
        if (mount.Subpath is { Length: > 0 })
            AddSubpath(mount, () => tree, $"image {mount.Source}");
        else
            _byDestination[mount.Destination] = tree;
    }

    /// <summary>The layers of an image as one tree. An overlay wants two at least.</summary>
    private FileDescriptor OpenImage(MountRecord mount)
    {
        IReadOnlyList<string> layers = mount.Chain.Length == 0 ? [context.Paths.InitLayer] : context.Images.Snapshots.LowerDirectories(Digest.Parse(mount.Chain));
        return layers.Count == 1 ? Mount.CloneTree(layers[0], recursive: false) : Overlay.Mount(layers, null, null, false);
    }

    /// <summary>A directory or file in a tree that others write to: no link on the way may lead out of it.</summary>
    private void AddSubpath(MountRecord mount, Func<FileDescriptor> open, string what)
    {
        using FileDescriptor root = open();
        Errno errno = Fcntl.TryOpen2(root, mount.Subpath!, Fcntl.O_PATH, 0, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS, out FileDescriptor found);
        if (errno == Errno.EXDEV)
            throw TareException.Invalid($"subpath {mount.Subpath} of {what} leads out of it");
        if (errno != Errno.None)
            throw TareException.Invalid($"subpath {mount.Subpath} of {what}: {errno.Describe()}");
        using (found)
        {
            if (!Stat.Of(found).IsDirectory)
                _ = _files.Add(mount.Destination);
            _byDestination[mount.Destination] = Mount.CloneTree(found, recursive: true);
        }
    }
}
