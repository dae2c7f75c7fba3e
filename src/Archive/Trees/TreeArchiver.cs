using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Trees;

/// <summary>How a tree is written as a tar.</summary>
public sealed record TreeArchiveOptions
{
    /// <summary>Name of the first entry: everything is below it; "" writes the content of the directory without an entry for itself.</summary>
    public string Name { get; init; } = "";

    /// <summary>True for the upper directory of an overlay: deletions become whiteouts of the layer format.</summary>
    public bool Overlay { get; init; }

    /// <summary>True to leave out what is mounted below: such a directory is archived empty.</summary>
    public bool OneMount { get; init; }

    /// <summary>Taken from every owner: the tree belongs to a container with ids of its own.</summary>
    public uint IdBase { get; init; }
}

/// <summary>
/// Writes a file or a whole tree as tar entries, reading through descriptors only: links are archived, never followed. A live tree may change
/// meanwhile: a file that vanishes is left out, one that shrinks is padded. Sockets are left out. One use per instance.
/// </summary>
public sealed class TreeArchiver
{
    // A container can make a tree as deep as it likes; each level costs one descriptor here.
    private const int MaxDepth = 400;

    private readonly TarWriter _writer;
    private readonly TreeArchiveOptions _options;
    private readonly CancellationToken _cancel;
    private readonly Dictionary<(uint, uint, ulong), string> _links = [];
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly ulong _mount;
    private long _fileBytes;

    private TreeArchiver(TarWriter writer, TreeArchiveOptions options, ulong mount, CancellationToken cancel)
    {
        _mount = mount;
        _writer = writer;
        _options = options;
        _cancel = cancel;
    }

    /// <summary>
    /// Archives what <paramref name="name"/> in an open directory is; "." is the directory itself. The end marker is the caller's to write.
    /// Returns the sum of the files' sizes.
    /// </summary>
    public static long Write(FileDescriptor directory, string name, TarWriter writer, TreeArchiveOptions options, CancellationToken cancel = default)
    {
        var archiver = new TreeArchiver(writer, options, Stat.Of(directory).MountId, cancel);
        if (name != ".")
            archiver.WriteName(directory, name, options.Name, 0);
        else
            archiver.WriteDirectory(directory, ".", options.Name, Stat.Of(directory), 0);
        return archiver._fileBytes;
    }

    private void WriteName(FileDescriptor directory, string name, string path, int depth)
    {
        _cancel.ThrowIfCancellationRequested();
        Errno errno = Stat.TryOf(directory, name, out FileStatus status);
        if (errno == Errno.ENOENT || status.Type == FileStatus.S_IFSOCK)
            return;
        FileFailure.Check(errno, "stat", path);
        if (_options.Overlay && OverlayMarks.IsWhiteout(status))
            WriteMark(path, EntryPath.Join(EntryPath.Split(path).Parent, ".wh." + name));
        else if (status.IsDirectory)
            WriteDirectory(directory, name, path, status, depth);
        else if (status.Links > 1 && !_links.TryAdd((status.DeviceMajor, status.DeviceMinor, status.Inode), path))
            _writer.Begin(Describe(TarEntryType.HardLink, path, status, null, _links[(status.DeviceMajor, status.DeviceMinor, status.Inode)]));
        else
            WriteFile(directory, name, path, status);
    }

    private void WriteDirectory(FileDescriptor parent, string name, string path, in FileStatus status, int depth)
    {
        if (depth > MaxDepth)
            throw TareException.Invalid($"directories nested deeper than {MaxDepth} cannot be archived: {path[..Math.Min(100, path.Length)]}…");
        Errno errno = Fcntl.TryOpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened);
        using FileDescriptor directory = opened;
        if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
            return;
        FileFailure.Check(errno, "open", path);
        if (path.Length > 0)
            _writer.Begin(Describe(TarEntryType.Directory, path + "/", status, FileXattrs.Read(directory, ""), ""));
        if (_options.OneMount && status.MountId != _mount)
            return;
        if (_options.Overlay)
            WriteOverlayMarks(directory, path);
        foreach (DirectoryEntry entry in Dirent.List(directory).OrderBy(e => e.Name, StringComparer.Ordinal))
            WriteName(directory, entry.Name, EntryPath.Join(path, entry.Name), depth + 1);
    }

    private void WriteOverlayMarks(FileDescriptor directory, string path)
    {
        if (OverlayMarks.IsOpaque(directory, ""))
            WriteMark(path, EntryPath.Join(path, ".wh..wh..opq"));
        if (Xattr.TryGet(directory, "", OverlayMarks.Redirect, out _) == Errno.None)
            throw new TareException(ErrorKind.NotSupported, $"{path} is an overlay redirect: mount the container with redirect_dir=off");
    }

    private void WriteMark(string path, string mark)
    {
        if (path.Split('/').Any(p => p.StartsWith(".wh.", StringComparison.Ordinal)))
            throw NotInLayers(path);
        _writer.Begin(new TarEntry { Type = TarEntryType.File, Name = mark });
    }

    private void WriteFile(FileDescriptor directory, string name, string path, in FileStatus status)
    {
        if (_options.Overlay && name.StartsWith(".wh.", StringComparison.Ordinal))
            throw NotInLayers(path);
        switch (status.Type)
        {
            case FileStatus.S_IFREG:
                WriteContent(directory, name, path);
                break;
            case FileStatus.S_IFLNK:
                if (Unistd.TryReadLink(directory, name, out string target) == Errno.None)
                    _writer.Begin(Describe(TarEntryType.Symlink, path, status, FileXattrs.Read(directory, name), target));
                break;
            case FileStatus.S_IFCHR:
                _writer.Begin(Describe(TarEntryType.CharacterDevice, path, status, FileXattrs.Read(directory, name), ""));
                break;
            case FileStatus.S_IFBLK:
                _writer.Begin(Describe(TarEntryType.BlockDevice, path, status, FileXattrs.Read(directory, name), ""));
                break;
            default:
                _writer.Begin(Describe(TarEntryType.Fifo, path, status, FileXattrs.Read(directory, name), ""));
                break;
        }
    }

    private void WriteContent(FileDescriptor directory, string name, string path)
    {
        // O_NONBLOCK: should the name be a fifo by now, the open must not wait for a writer.
        Errno errno = Fcntl.TryOpenAt(directory, name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY, 0, out FileDescriptor opened);
        using FileDescriptor file = opened;
        if (errno is Errno.ENOENT or Errno.ELOOP)
            return;
        FileFailure.Check(errno, "open", path);
        FileStatus status = Stat.Of(file);
        if (!status.IsRegular)
            return;
        _writer.Begin(Describe(TarEntryType.File, path, status, FileXattrs.Read(directory, name), ""));
        _fileBytes += (long)status.Size;
        while (_writer.Missing > 0)
        {
            int read = Unistd.Read(file, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, _writer.Missing)));
            if (read == 0)
                break;
            _writer.WriteContent(_buffer.AsSpan(0, read));
        }
        _writer.PadContent();
    }

    /// <summary>An owner as the tree's container sees it; ids below its own are the host's.</summary>
    private uint Shown(uint id) => id >= _options.IdBase ? id - _options.IdBase : id;

    private TarEntry Describe(TarEntryType type, string path, in FileStatus status, Dictionary<string, byte[]>? xattrs, string link) => new()
    {
        Type = type,
        Name = path,
        LinkName = link,
        Mode = status.Mode & 0xfff,
        UserId = Shown(status.UserId),
        GroupId = Shown(status.GroupId),
        Size = type == TarEntryType.File ? (long)status.Size : 0,
        ModifiedSeconds = status.ModifiedSeconds,
        ModifiedNanoseconds = status.ModifiedNanoseconds,
        DeviceMajor = status.IsDevice ? status.RdevMajor : 0,
        DeviceMinor = status.IsDevice ? status.RdevMinor : 0,
        Xattrs = xattrs,
    };

    private static TareException NotInLayers(string path) =>
        TareException.Invalid($"{path}: a name that starts with .wh. cannot be stored in an image layer, rename or remove it");
}
