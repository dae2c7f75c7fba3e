using Tare.Archive.Compression;
using Tare.Archive.Trees;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>docker cp: files in and out of a container, running or not. Every path is resolved within the container's root by descriptor.</summary>
public sealed class ContainerArchive(ContainerContext context, Start.RootFilesystem rootfs)
{
    /// <summary>What is at a path: the answer to HEAD, and the header of GET.</summary>
    public PathStat Describe(string reference, string path)
    {
        using Place place = Open(reference, path);
        using TreePath target = place.Path();
        TreeStatus status = target.Describe();
        return new PathStat
        {
            Name = place.Name ?? status.Name,
            Size = status.Size,
            Mode = GoMode(status.Mode),
            Mtime = GoTime.FormatNanoseconds((status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds),
            LinkTarget = status.LinkTarget,
        };
    }

    /// <summary>Writes what is at a path as a tar.</summary>
    public async Task WriteAsync(string reference, string path, Stream output, CancellationToken cancel)
    {
        using Place place = Open(reference, path);
        using TreePath target = place.Path();
        _ = await BlockingStream.RunAsync(output, stream =>
        {
            TreeExport.WritePath(place.Name is null ? target : target.Shown(place.Name), stream, place.IdBase, cancel);
            return true;
        }, cancel);
        context.Publish(context.Store.Get(reference).Record, "archive-path");
    }

    /// <summary>Unpacks a tar into a directory of the container; owners become the container's user when asked for.</summary>
    public async Task ExtractAsync(string reference, string path, Stream archive, bool noOverwriteDirNonDir, bool copyOwner, CancellationToken cancel)
    {
        using Place place = Open(reference, path);
        if (place.ReadOnly)
            throw new TareException(ErrorKind.Forbidden, "container rootfs is marked read-only");
        TreeExtractOptions options = new() { NoOverwriteDirNonDir = noOverwriteDirNonDir, Owner = copyOwner ? OwnerOf(reference) : null, RootName = place.RootName, IdBase = place.IdBase };
        _ = await BlockingStream.RunAsync(archive, stream =>
        {
            TreeExtractor.Extract(place.Root, place.Rest, stream, options, cancel);
            return true;
        }, cancel);
        context.Publish(context.Store.Get(reference).Record, "extract-to-dir");
    }

    private (uint, uint) OwnerOf(string reference)
    {
        Container container = context.Store.Get(reference);
        using FileDescriptor root = rootfs.Open(container);
        ContainerUser user = ContainerUser.Resolve(root, container.Record.Config.User, []);
        uint first = container.Record.Users?.Base ?? 0;
        return (first + user.Uid, first + user.Gid);
    }

    /// <summary>
    /// A running container shows its volumes by itself. In another one a path below a volume or bind leads to its source, as it would when running.
    /// </summary>
    private Place Open(string reference, string path)
    {
        Container container = context.Store.Get(reference);
        string absolute = "/" + path.TrimStart('/');
        MountRecord? mount = container.State.HasProcess ? null : container.Record.Mounts
            .Where(m => m.Kind != MountKind.Tmpfs && (absolute.TrimEnd('/') == m.Destination || absolute.StartsWith(m.Destination + "/", StringComparison.Ordinal)))
            .MaxBy(m => m.Destination.Length);
        if (mount is null || !string.IsNullOrEmpty(mount.Subpath) || !Directory.Exists(mount.Source))
            return new Place($"container {reference}", rootfs.Open(container), absolute, null, !container.State.HasProcess && container.Record.HostConfig.ReadonlyRootfs, container.Record.Users?.Base ?? 0);
        string rest = absolute.TrimEnd('/')[Math.Min(mount.Destination.Length, absolute.TrimEnd('/').Length)..];
        string? name = rest.Length == 0 && !absolute.EndsWith("/.", StringComparison.Ordinal) ? Path.GetFileName(mount.Destination) : null;
        return new Place($"container {reference}", Fcntl.Open(mount.Source, Fcntl.O_PATH | Fcntl.O_DIRECTORY), rest.Length == 0 ? "/" : rest, name, mount.ReadOnly);
    }

    /// <summary>Bits of Go's os.FileMode from st_mode.</summary>
    private static uint GoMode(uint mode) => (mode & 0x1ff) | (mode & FileStatus.S_IFMT) switch
    {
        FileStatus.S_IFDIR => 1u << 31,
        FileStatus.S_IFLNK => 1u << 27,
        FileStatus.S_IFBLK => 1u << 26,
        FileStatus.S_IFCHR => (1u << 26) | (1u << 21),
        FileStatus.S_IFIFO => 1u << 25,
        FileStatus.S_IFSOCK => 1u << 24,
        _ => 0u,
    } | ((mode & 0x800) != 0 ? 1u << 23 : 0) | ((mode & 0x400) != 0 ? 1u << 22 : 0) | ((mode & 0x200) != 0 ? 1u << 20 : 0);

    /// <summary>A root and the path within it; the name it is archived under when that is not the path's own.</summary>
    private sealed record Place(string RootName, FileDescriptor Root, string Rest, string? Name, bool ReadOnly, uint IdBase = 0) : IDisposable
    {
        public TreePath Path() => TreePath.Open(Root, Rest, RootName);

        public void Dispose() => Root.Dispose();
    }
}
