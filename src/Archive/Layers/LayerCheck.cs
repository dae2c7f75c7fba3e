using Tare.Archive.Compression;
using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Layers;

/// <summary>
/// Compares an unpacked layer with its archive: kinds, owners, modes, times, contents, link targets, and files that do not belong there. Extended
/// attributes are not compared, as the machine may not have taken them. One use; not thread-safe.
/// </summary>
public sealed class LayerCheck : IDisposable
{
    private const string WhiteoutPrefix = ".wh.";
    private const int Enough = 20;

    private readonly DirectoryCache _directories;
    private readonly TarReader _reader;
    private readonly Dictionary<string, string?> _found = new(StringComparer.Ordinal);
    private readonly byte[] _expected = new byte[128 * 1024];
    private readonly byte[] _present = new byte[128 * 1024];

    private LayerCheck(FileDescriptor root, Stream tar)
    {
        _directories = new DirectoryCache(root, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS);
        _reader = new TarReader(tar);
    }

    /// <summary>What differs, a line each, at most a few; empty when nothing does.</summary>
    public static IReadOnlyList<string> Run(FileDescriptor directory, Stream layer, CancellationToken cancel = default)
    {
        using Stream plain = Decompression.Open(layer);
        using var buffered = new BufferedStream(plain, 256 * 1024);
        using var check = new LayerCheck(directory, buffered);
        check.Compare(cancel);
        check.FindStrangers(directory, "");
        return [.. check._found.Where(f => f.Value is not null).Select(f => $"{f.Key}: {f.Value}").Order(StringComparer.Ordinal).Take(Enough)];
    }

    /// <inheritdoc/>
    public void Dispose() => _directories.Dispose();

    private void Compare(CancellationToken cancel)
    {
        while (_reader.Next() is { } entry)
        {
            cancel.ThrowIfCancellationRequested();
            string path = EntryPath.Normalise(entry.Name);
            if (path.Length == 0)
                continue;
            (string parent, string name) = EntryPath.Split(path);
            if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            {
                if (!name.StartsWith(".wh..wh.", StringComparison.Ordinal))
                    _ = _found.TryAdd(EntryPath.Join(parent, name[WhiteoutPrefix.Length..]), null);
                continue;
            }
            if (parent.Split('/').Any(p => p.StartsWith(WhiteoutPrefix, StringComparison.Ordinal)))
                continue;
            // A later entry of the same name takes the place of the earlier one.
            if (entry.Type != TarEntryType.Directory && _found.ContainsKey(path))
                Forget(path);
            _found[path] = Difference(parent, name, entry);
        }
        _reader.Drain();
    }

    private void Forget(string path)
    {
        foreach (string below in _found.Keys.Where(k => k.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            _ = _found.Remove(below);
    }

    private string? Difference(string parentPath, string name, TarEntry entry)
    {
        if (_directories.TryGet(parentPath, out FileDescriptor parent) != Errno.None || Stat.TryOf(parent, name, out FileStatus status) != Errno.None)
            return "is missing";
        if (entry.Type == TarEntryType.HardLink)
            return IsSameFile(entry.LinkName, status) ? null : $"is not the same file as {entry.LinkName}";
        if (Kind(entry.Type) != status.Type)
            return "is of another kind";
        if (status.UserId != entry.UserId || status.GroupId != entry.GroupId)
            return $"belongs to {status.UserId}:{status.GroupId}, not {entry.UserId}:{entry.GroupId}";
        if (entry.Type != TarEntryType.Symlink && (status.Mode & 0xfff) != entry.Mode)
            return $"has the mode {Convert.ToString(status.Mode & 0xfff, 8)}, not {Convert.ToString(entry.Mode, 8)}";
        return entry.Type switch
        {
            TarEntryType.File => CompareFile(parent, name, entry, status),
            TarEntryType.Symlink => Unistd.TryReadLink(parent, name, out string target) == Errno.None && target == entry.LinkName ? null : "points elsewhere",
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => (status.RdevMajor, status.RdevMinor) == (entry.DeviceMajor, entry.DeviceMinor) ? null : "is another device",
            _ => null,
        };
    }

    private string? CompareFile(FileDescriptor parent, string name, TarEntry entry, in FileStatus status)
    {
        if ((long)status.Size != entry.Size)
            return $"has {status.Size} bytes, not {entry.Size}";
        if (status.ModifiedSeconds != entry.ModifiedSeconds)
            return "was modified";
        Errno errno = Fcntl.TryOpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened);
        using FileDescriptor file = opened;
        if (errno != Errno.None)
            return $"can not be read: {errno}";
        while (_reader.Read(_expected) is var wanted and > 0)
        {
            for (int have = 0; have < wanted;)
            {
                errno = Unistd.TryRead(file, _present.AsSpan(have, wanted - have), out int read);
                if (errno != Errno.None || read == 0)
                    return $"can not be read: {errno}";
                have += read;
            }
            if (!_expected.AsSpan(0, wanted).SequenceEqual(_present.AsSpan(0, wanted)))
                return "has other content";
        }
        return null;
    }

    private bool IsSameFile(string target, in FileStatus status)
    {
        (string parentPath, string name) = EntryPath.Split(EntryPath.Normalise(target));
        return _directories.TryGet(parentPath, out FileDescriptor parent) == Errno.None && Stat.TryOf(parent, name, out FileStatus other) == Errno.None && other.Inode == status.Inode;
    }

    private void FindStrangers(FileDescriptor directory, string path)
    {
        foreach (DirectoryEntry entry in Dirent.List(directory))
        {
            string below = EntryPath.Join(path, entry.Name);
            if (Stat.TryOf(directory, entry.Name, out FileStatus status) != Errno.None)
                continue;
            // A directory that the archive implies has no entry of its own.
            if (!status.IsDirectory)
                _ = _found.TryAdd(below, "does not belong there");
            else if (Fcntl.TryOpenAt(directory, entry.Name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened) == Errno.None)
            {
                using FileDescriptor child = opened;
                FindStrangers(child, below);
            }
        }
    }

    private static uint Kind(TarEntryType type) => type switch
    {
        TarEntryType.Directory => FileStatus.S_IFDIR,
        TarEntryType.Symlink => FileStatus.S_IFLNK,
        TarEntryType.CharacterDevice => FileStatus.S_IFCHR,
        TarEntryType.BlockDevice => FileStatus.S_IFBLK,
        TarEntryType.Fifo => FileStatus.S_IFIFO,
        _ => FileStatus.S_IFREG,
    };
}
