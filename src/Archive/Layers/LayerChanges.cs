using Tare.Archive.Files;
using Tare.Linux;

namespace Tare.Archive.Layers;

/// <summary>What happened to a path, with the numbers of Docker's API.</summary>
public enum ChangeKind
{
    Modified = 0,
    Added = 1,
    Deleted = 2,
}

/// <summary>One line of docker diff; the path is absolute within the container.</summary>
public readonly record struct LayerChange(ChangeKind Kind, string Path);

/// <summary>Compares an upper directory with the layers below it. Reads through descriptors only; stateless.</summary>
public static class LayerChanges
{
    /// <summary>
    /// The changes in the order of their paths. <paramref name="lowers"/> are the layers below, topmost first. A directory is modified when its
    /// own status differs or something below it changed.
    /// </summary>
    public static IReadOnlyList<LayerChange> List(FileDescriptor upper, IReadOnlyList<FileDescriptor> lowers)
    {
        var changes = new List<LayerChange>();
        Compare(upper, ".", "", new LowerView([.. lowers.Select(l => l.Duplicate())]), changes);
        return changes;
    }

    // Returns with everything below `path` listed; disposes the view of the lower directories.
    private static void Compare(FileDescriptor parent, string name, string path, LowerView lower, List<LayerChange> changes)
    {
        using LowerView view = lower;
        Errno errno = Fcntl.TryOpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened);
        using FileDescriptor directory = opened;
        if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
            return;
        FileFailure.Check(errno, "open", path);
        List<DirectoryEntry> entries = Dirent.List(directory);
        var names = new SortedSet<string>(entries.Select(e => e.Name), StringComparer.Ordinal);
        bool opaque = OverlayMarks.IsOpaque(directory, "");
        if (opaque)
            names.UnionWith(view.Names());
        foreach (string child in names)
            CompareName(directory, child, $"{path}/{child}", view, changes);
    }

    private static void CompareName(FileDescriptor directory, string name, string path, LowerView view, List<LayerChange> changes)
    {
        bool below = view.TryGet(name, out FileStatus old);
        Errno errno = Stat.TryOf(directory, name, out FileStatus status);
        if (errno == Errno.ENOENT || OverlayMarks.IsWhiteout(status))
        {
            if (below)
                changes.Add(new LayerChange(ChangeKind.Deleted, path));
            return;
        }
        FileFailure.Check(errno, "stat", path);
        int place = changes.Count;
        if (status.IsDirectory)
            Compare(directory, name, path, below && old.IsDirectory ? view.Child(name) : new LowerView([]), changes);
        bool unchanged = below && status.IsDirectory && old.IsDirectory && changes.Count == place && SameDirectory(status, old);
        if (!unchanged)
            changes.Insert(place, new LayerChange(below ? ChangeKind.Modified : ChangeKind.Added, path));
    }

    private static bool SameDirectory(in FileStatus a, in FileStatus b) =>
        a.Mode == b.Mode && a.UserId == b.UserId && a.GroupId == b.GroupId
        && a.ModifiedSeconds == b.ModifiedSeconds && a.ModifiedNanoseconds == b.ModifiedNanoseconds;
}
