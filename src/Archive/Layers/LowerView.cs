using Tare.Archive.Files;
using Tare.Linux;

namespace Tare.Archive.Layers;

/// <summary>
/// One directory as the layers below the upper one show it together: the directories of that name, topmost first, cut where a layer hides what
/// is below it. Owns its descriptors; not thread-safe.
/// </summary>
internal sealed class LowerView(IReadOnlyList<FileDescriptor> directories) : IDisposable
{
    /// <summary>The status of a name as the topmost layer that knows it has it; false when none does or it was deleted.</summary>
    public bool TryGet(string name, out FileStatus status)
    {
        foreach (FileDescriptor directory in directories)
        {
            Errno errno = Stat.TryOf(directory, name, out status);
            if (errno == Errno.None)
                return !OverlayMarks.IsWhiteout(status);
            if (errno != Errno.ENOENT)
                throw FileFailure.Translate(errno, "stat", name);
        }
        status = default;
        return false;
    }

    /// <summary>The view of a directory in this one.</summary>
    public LowerView Child(string name)
    {
        var children = new List<FileDescriptor>();
        foreach (FileDescriptor directory in directories)
        {
            Errno errno = Fcntl.TryOpenAt(directory, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor child);
            if (errno == Errno.ENOENT)
                continue;
            if (errno != Errno.None)
                break;
            children.Add(child);
            if (OverlayMarks.IsOpaque(directory, name))
                break;
        }
        return new LowerView(children);
    }

    /// <summary>All names that are visible in this directory.</summary>
    public IEnumerable<string> Names() =>
        directories.SelectMany(d =>
        {
            Errno errno = Fcntl.TryOpenAt(d, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0, out FileDescriptor opened);
            using FileDescriptor readable = opened;
            FileFailure.Check(errno, "open", ".");
            return Dirent.List(readable).Select(e => e.Name);
        }).Distinct().Where(n => TryGet(n, out _)).ToList();

    public void Dispose()
    {
        foreach (FileDescriptor directory in directories)
            directory.Dispose();
    }
}
