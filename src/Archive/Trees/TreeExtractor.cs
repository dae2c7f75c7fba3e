using Tare.Archive.Compression;
using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Trees;

/// <summary>How docker cp puts files into a container.</summary>
public sealed record TreeExtractOptions
{
    /// <summary>A directory is not replaced by anything else, nor anything else by a directory.</summary>
    public bool NoOverwriteDirNonDir { get; init; }

    /// <summary>Everything made belongs to this owner; else to the archive's.</summary>
    public (uint UserId, uint GroupId)? Owner { get; init; }

    /// <summary>Added to every owner of the archive's: the tree belongs to a container with ids of its own.</summary>
    public uint IdBase { get; init; }

    /// <summary>What errors call the root: "container NAME".</summary>
    public string RootName { get; init; } = "the root file system";
}

/// <summary>
/// Unpacks a tar, compressed or not, into a directory of a root filesystem that may be in use. Links in the way resolve within the root, as they
/// would for the container's own processes; nothing outside the root can be reached. One use per instance.
/// </summary>
public sealed class TreeExtractor : IDisposable
{
    private readonly TarReader _reader;
    private readonly EntryWriter _writer;
    private readonly DirectoryCache _directories;
    private readonly string _base;
    private readonly TreeExtractOptions _options;
    private readonly Dictionary<string, (long Seconds, uint Nanoseconds)> _directoryTimes = [];

    private TreeExtractor(FileDescriptor root, string directory, Stream tar, TreeExtractOptions options)
    {
        _reader = new TarReader(tar);
        _directories = new DirectoryCache(root, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
        _writer = new EntryWriter(_directories, _reader) { Owner = options.Owner, IdBase = options.IdBase };
        _base = directory.Trim('/');
        _options = options;
    }

    /// <summary>Unpacks into <paramref name="directory"/>, a path within the root that must lead to a directory.</summary>
    public static void Extract(FileDescriptor root, string directory, Stream archive, TreeExtractOptions options, CancellationToken cancel = default)
    {
        using (TreePath target = TreePath.Open(root, directory.TrimEnd('/') + "/", options.RootName))
        {
            if (!target.Status.IsDirectory)
                throw TareException.Invalid($"extraction point {directory} is not a directory");
        }
        using Stream plain = Decompression.Open(archive);
        using var buffered = new BufferedStream(plain, 64 * 1024);
        using var extractor = new TreeExtractor(root, directory, buffered, options);
        extractor.Run(cancel);
    }

    /// <inheritdoc/>
    public void Dispose() => _directories.Dispose();

    private void Run(CancellationToken cancel)
    {
        while (_reader.Next() is { } entry)
        {
            cancel.ThrowIfCancellationRequested();
            string path = EntryPath.Normalise(entry.Name);
            if (path.Length > 0)
                Extract(path, entry);
        }
        foreach ((string path, (long seconds, uint nanoseconds)) in _directoryTimes)
        {
            if (_directories.TryGet(path, out FileDescriptor directory) == Errno.None)
                FileFailure.Check(Stat.TrySetTimes(directory, "", seconds, nanoseconds, seconds, nanoseconds), "set times of", path);
        }
    }

    private void Extract(string path, TarEntry entry)
    {
        (string parentPath, string name) = EntryPath.Split(path);
        FileDescriptor parent = Directory(EntryPath.Join(_base, parentPath));
        string full = EntryPath.Join(_base, path);
        bool directory = entry.Type == TarEntryType.Directory;
        if (_options.NoOverwriteDirNonDir && Stat.TryOf(parent, name, out FileStatus status) == Errno.None && status.IsDirectory != directory)
        {
            throw TareException.Invalid(directory
                ? $"cannot overwrite non-directory \"/{full}\" with directory \"{path}\""
                : $"cannot overwrite directory \"/{full}\" with non-directory \"{path}\"");
        }
        if (!directory)
        {
            _writer.Make(parent, full, name, entry, LinkTarget);
            return;
        }
        _ = _writer.MakeDirectory(parent, full, name, entry);
        _directoryTimes[full] = (entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    private (FileDescriptor Parent, string Name) LinkTarget(string target)
    {
        (string parentPath, string name) = EntryPath.Split(EntryPath.Normalise(target));
        Errno errno = _directories.TryGet(EntryPath.Join(_base, parentPath), out FileDescriptor parent);
        return errno == Errno.None && name.Length > 0
            ? (parent, name) : throw TareException.Invalid($"refused archive entry: its hard link target \"{target}\" is not there");
    }

    private FileDescriptor Directory(string path)
    {
        Errno errno = _directories.TryGet(path, out FileDescriptor directory);
        if (errno != Errno.ENOENT)
            return errno == Errno.None ? directory : throw DirectoryCache.Refused(path, errno);
        (string parentPath, string name) = EntryPath.Split(path);
        FileDescriptor parent = Directory(parentPath);
        (uint UserId, uint GroupId) owner = _options.Owner ?? (0, 0);
        var implied = new TarEntry { Type = TarEntryType.Directory, Name = path, Mode = 0x1ed, UserId = owner.UserId, GroupId = owner.GroupId };
        _ = _writer.MakeDirectory(parent, path, name, implied);
        return _directories.Get(path);
    }
}
