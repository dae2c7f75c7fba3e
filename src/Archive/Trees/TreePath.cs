using Tare.Archive.Files;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Trees;

/// <summary>What docker cp asks about a path: st_mode and, for a link, where it leads within the root.</summary>
public sealed record TreeStatus(string Name, long Size, uint Mode, long ModifiedSeconds, uint ModifiedNanoseconds, string LinkTarget);

/// <summary>
/// A path of a root filesystem resolved for copying: its directory is resolved within the root, its last component is not followed. Owns the
/// directory's descriptor.
/// </summary>
public sealed class TreePath : IDisposable
{
    private TreePath(FileDescriptor parent, string name, string shownName, FileStatus status)
    {
        Parent = parent;
        Name = name;
        ShownName = shownName;
        Status = status;
    }

    /// <summary>The directory that holds the last component.</summary>
    public FileDescriptor Parent { get; }

    /// <summary>The last component, or "." for the directory itself.</summary>
    public string Name { get; }

    /// <summary>The name under which docker cp archives it: the last component as written, "." when the path ends in "/.".</summary>
    public string ShownName { get; }

    /// <summary>Status of what the path names, links not followed.</summary>
    public FileStatus Status { get; }

    /// <summary>Resolves a path; what does not exist is NotFound with Docker's words, in which the root is "container NAME".</summary>
    public static TreePath Open(FileDescriptor root, string path, string rootName = "the root file system")
    {
        string trimmed = path.TrimEnd('/');
        string last = trimmed[(trimmed.LastIndexOf('/') + 1)..];
        // "x/", "x/." and "x/.." name the directory that x leads to; else the last component itself, be it a link.
        bool self = trimmed.Length == 0 || last is "." or ".." || trimmed.Length != path.Length;
        string directory = self ? path : trimmed[..^last.Length];
        Errno errno = Fcntl.TryOpenInRoot(root, directory.Length == 0 ? "/" : directory, Fcntl.O_PATH | Fcntl.O_DIRECTORY, 0, out FileDescriptor parent);
        FileStatus status = default;
        if (errno == Errno.None)
            errno = Stat.TryOf(parent, self ? "" : last, out status);
        if (errno == Errno.None)
            return new TreePath(parent, self ? "." : last, trimmed.Length == 0 ? "/" : last, status);
        parent.Dispose();
        throw errno is Errno.ENOENT or Errno.ENOTDIR
            ? TareException.NotFound($"Could not find the file {path} in {rootName}")
            : FileFailure.Translate(errno, "open", path);
    }

    /// <summary>The same place under another name in the archive; shares the descriptor, which this object still owns.</summary>
    public TreePath Shown(string name) => new(Parent, Name, name, Status);

    /// <summary>The answer of HEAD archive.</summary>
    public TreeStatus Describe()
    {
        string target = "";
        if (Status.IsSymlink)
            FileFailure.Check(Unistd.TryReadLink(Parent, Name, out target), "readlink", Name);
        return new TreeStatus(ShownName, (long)Status.Size, Status.Mode, Status.ModifiedSeconds, Status.ModifiedNanoseconds, target);
    }

    /// <inheritdoc/>
    public void Dispose() => Parent.Dispose();
}
