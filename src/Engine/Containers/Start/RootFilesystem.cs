using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;
using Tare.Engine.Containers.Users;
using Tare.Oci;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Engine.Containers.Start;

/// <summary>The root file system of a container: image layers, the engine's init layer on them, the writable layer on top.</summary>
public sealed class RootFilesystem(ContainerContext context)
{
    /// <summary>
    /// The root as it is now, for copying and comparing: of a running container through its first process, so that its mounts are seen; of another one
    /// by a mount that lives as long as the descriptor. The caller holds the container's lock or accepts that it may end meanwhile.
    /// </summary>
    public FileDescriptor Open(Container container)
    {
        int pid = container.State.ProcessId;
        if (pid == 0 || container.PidFd is not { } pidFd)
        {
            using UserNamespace? users = UserNamespace.Create(container.Record);
            return Open(container.Record, isVolatile: false, users);
        }
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, $"/proc/{pid}/root", Fcntl.O_PATH | Fcntl.O_DIRECTORY, 0, out FileDescriptor root);
        // Still alive after opening: the number was not another process's.
        if (errno == Errno.None && Process.TrySignal(pidFd, 0) == Errno.None)
            return root;
        root.Dispose();
        throw TareException.Conflict($"container {container.Id} has just ended; try again");
    }

    /// <summary>
    /// The root without anything mounted in it, read-only: for archives of the whole, where what volumes, binds and secrets show has no place.
    /// </summary>
    public FileDescriptor OpenBare(Container container)
    {
        try
        {
            using FileDescriptor? mapped = container.Record.Users is { } users ? CloneUpper(container.Record, users) : null;
            return Overlay.Mount([mapped is null ? context.Paths.Upper(container.Id) : PathOf(mapped), .. Lowers(container.Record)], null, null, false);
        }
        catch (SyscallException error)
        {
            throw TareException.Internal($"mount the root file system of container {container.Id} for reading", error);
        }
    }

    /// <summary>All layers below the writable one, topmost first: what docker diff compares with.</summary>
    public IReadOnlyList<string> Lowers(ContainerRecord record) =>
        record.Chain.Length == 0 ? [context.Paths.InitLayer] : [context.Paths.InitLayer, .. context.Images.Snapshots.LowerDirectories(Digest.Parse(record.Chain))];

    /// <summary>A detached overlay mount for a start; volatile (no syncs) for containers that are deleted when they end.</summary>
    internal FileDescriptor Open(ContainerRecord record, UserNamespace? users) => Open(record, record.HostConfig.AutoRemove, users);

    /// <summary>True when <see cref="Create"/> has got to its end.</summary>
    internal bool IsWhole(string id) => Directory.Exists(context.Paths.Work(id));

    /// <summary>
    /// Makes the container's directory, which <paramref name="fill"/> puts more into, and the writable layer's; the work directory is the last, and says
    /// that the container is made.
    /// </summary>
    internal void Create(ContainerRecord record, Action<string> fill)
    {
        string id = record.Id;
        ContainerPaths paths = context.Paths;
        foreach ((string directory, uint mode) in new[] { (paths.Of(id), 0x1c8u /* 0710 */), (paths.Upper(id), 0x1edu /* 0755 */), (paths.Work(id), 0x1c0u) })
        {
            if (directory == paths.Work(id))
                fill(paths.Of(id));
            Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, directory, mode);
            if (errno is Errno.ENOSPC or Errno.EDQUOT)
                throw new TareException(ErrorKind.OutOfSpace, $"make {directory}: {errno.Describe()}");
            if (errno != Errno.None)
                throw TareException.Internal($"make {directory}: {errno.Describe()}");
            // The upper directory is the container's "/": its mode must not depend on the engine's umask.
            _ = Stat.TryChmodAt(FileDescriptor.CurrentDirectory, directory, mode);
            // What a container with ids of its own writes lies here under the host's numbers for them.
            if (record.Users is { } users && directory == paths.Upper(id))
                _ = Unistd.TryChown(FileDescriptor.CurrentDirectory, directory, users.Base, users.Base);
        }
    }

    /// <summary>The writable layer as the container sees it: owners are its own ids, whatever they are on the host.</summary>
    internal FileDescriptor OpenUpper(ContainerRecord record)
    {
        if (record.Users is not { } users)
            return Fcntl.Open(context.Paths.Upper(record.Id), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        using FileDescriptor tree = CloneUpper(record, users);
        return Fcntl.OpenAt(tree, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
    }

    /// <summary>The writable layer mounted so that the host's numbers become the container's.</summary>
    private FileDescriptor CloneUpper(ContainerRecord record, UserRange users)
    {
        IdMapping[] back = [new IdMapping { ContainerId = users.Base, HostId = 0, Size = users.Size }];
        using FileDescriptor map = UserNamespaceFile.Create(back, back);
        FileDescriptor tree = Mount.CloneTree(context.Paths.Upper(record.Id), recursive: false);
        Errno errno = Mount.TryMapIds(tree, map, recursive: false);
        return errno == Errno.None ? tree : throw TareException.Internal($"map the ids of container {record.Id}", new SyscallException("mount_setattr", errno, context.Paths.Upper(record.Id)));
    }

    private static string PathOf(FileDescriptor tree) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{tree.Number}");

    private FileDescriptor Open(ContainerRecord record, bool isVolatile, UserNamespace? users)
    {
        // The kernel refuses a work directory that a volatile mount has used before.
        string marker = Path.Combine(context.Paths.Work(record.Id), "work", "incompat");
        if (Directory.Exists(marker))
            Directory.Delete(marker, recursive: true);
        try
        {
            FileDescriptor root = MountLayers(record, isVolatile, users);
            // Where overlayfs cannot make its own directory, it mounts for reading only, and does not say so.
            if (Directory.Exists(Path.Combine(context.Paths.Work(record.Id), "work")))
                return root;
            root.Dispose();
            throw new TareException(ErrorKind.OutOfSpace, $"mount the root file system of container {record.Id} for writing: no space left on device");
        }
        catch (SyscallException error) when (!IsWhole(record.Id))
        {
            throw new TareException(ErrorKind.Conflict, $"container {record.Id} is being removed", error);
        }
        catch (SyscallException error)
        {
            throw TareException.Internal($"mount the root file system of container {record.Id}", error);
        }
    }

    /// <summary>The image's files are seen through the container's ids, where it has its own; no byte of them is copied or changed.</summary>
    private FileDescriptor MountLayers(ContainerRecord record, bool isVolatile, UserNamespace? users)
    {
        if (users is null)
            return Overlay.Mount(Lowers(record), context.Paths.Upper(record.Id), context.Paths.Work(record.Id), isVolatile);
        List<FileDescriptor> layers = [];
        try
        {
            foreach (string layer in Lowers(record))
                layers.Add(users.Map(layer, recursive: false));
            return Overlay.Mount([.. layers.Select(PathOf)], context.Paths.Upper(record.Id), context.Paths.Work(record.Id), isVolatile);
        }
        finally
        {
            layers.ForEach(layer => layer.Dispose());
        }
    }
}
