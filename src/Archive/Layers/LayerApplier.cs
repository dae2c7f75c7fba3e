using Tare.Archive.Compression;
using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci;

namespace Tare.Archive.Layers;

/// <summary>What applying a layer found out: its diffID, the bytes of its tar and the sum of its files' sizes, which is the size Docker shows.</summary>
public sealed record AppliedLayer(Digest DiffId, long TarBytes, long FileBytes);

/// <summary>
/// Unpacks one layer into an empty directory as overlayfs wants it: whiteouts become 0:0 devices, opaque marks an attribute. Works relative to
/// descriptors and refuses whatever leaves the directory. One instance per layer; not thread-safe.
/// </summary>
public sealed class LayerApplier : IDisposable
{
    private const string WhiteoutPrefix = ".wh.";
    private const string WhiteoutMetaPrefix = ".wh..wh.";
    private const string OpaqueName = ".wh..wh..opq";

    private readonly TarReader _reader;
    private readonly EntryWriter _writer;
    private readonly DirectoryCache _directories;
    private readonly LowerLayers _lowers;
    private readonly Dictionary<string, (long Seconds, uint Nanoseconds)> _directoryTimes = [];
    private readonly UnpackLimits _limits;
    private long _fileBytes;

    private LayerApplier(FileDescriptor root, Stream tar, LowerLayers lowers, UnpackLimits limits)
    {
        _limits = limits;
        _reader = new TarReader(tar);
        _directories = new DirectoryCache(root, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS);
        _writer = new EntryWriter(_directories, _reader);
        _lowers = lowers;
    }

    /// <summary>
    /// Applies a layer, compressed or not. <paramref name="lowers"/> are the layers below: a directory that the layer implies
    /// but does not describe takes owner and mode from there. On an error the directory holds a part of the layer and should be removed.
    /// </summary>
    public static AppliedLayer Apply(FileDescriptor directory, Stream layer, LowerLayers lowers, UnpackLimits? limits = null, CancellationToken cancel = default)
    {
        limits ??= UnpackLimits.Default;
        var packed = new CountingStream(layer);
        using Stream plain = Decompression.Open(packed);
        using var ahead = new ReadAheadStream(plain, unpacked => limits.CheckBytes(packed.Count, unpacked));
        using var applier = new LayerApplier(directory, ahead, lowers, limits);
        applier.Run(cancel);
        return new AppliedLayer(ahead.Finish(), ahead.Count, applier._fileBytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _directories.Dispose();

    private void Run(CancellationToken cancel)
    {
        for (long entries = 1; _reader.Next() is { } entry; entries++)
        {
            cancel.ThrowIfCancellationRequested();
            _limits.CheckEntries(entries);
            string path = EntryPath.Normalise(entry.Name);
            if (path.Length == 0)
                ApplyRoot(entry);
            else
                Apply(path, entry);
        }
        _reader.Drain();
        foreach ((string path, (long seconds, uint nanoseconds)) in _directoryTimes)
        {
            if (_directories.TryGet(path, out FileDescriptor directory) == Errno.None)
                FileFailure.Check(Stat.TrySetTimes(directory, "", seconds, nanoseconds, seconds, nanoseconds), "set times of", path);
        }
    }

    private void ApplyRoot(TarEntry entry)
    {
        if (entry.Type != TarEntryType.Directory)
            throw TareException.Invalid("refused archive entry: the root is not a directory");
        EntryWriter.SetDirectory(_directories.Root, "/", "", entry.Mode, (entry.UserId, entry.GroupId), entry.Xattrs);
        _directoryTimes[""] = (entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    private void Apply(string path, TarEntry entry)
    {
        (string parentPath, string name) = EntryPath.Split(path);
        if (parentPath.Contains(WhiteoutPrefix, StringComparison.Ordinal) && parentPath.Split('/') is var parts)
        {
            // Bookkeeping of aufs, which old images carry.
            if (parts.Any(p => p.StartsWith(WhiteoutMetaPrefix, StringComparison.Ordinal)))
                return;
            if (parts.Any(p => p.StartsWith(WhiteoutPrefix, StringComparison.Ordinal)))
                throw TareException.Invalid($"refused archive entry \"{path}\": it lies below a whiteout");
        }
        if (name == OpaqueName)
            FileFailure.Check(OverlayMarks.MakeOpaque(Directory(parentPath), ""), "mark opaque", parentPath);
        else if (name.StartsWith(WhiteoutMetaPrefix, StringComparison.Ordinal))
            return;
        else if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            ApplyWhiteout(Directory(parentPath), path, name[WhiteoutPrefix.Length..]);
        else if (entry.Type == TarEntryType.Directory)
            ApplyDirectory(Directory(parentPath), path, name, entry);
        else
        {
            _writer.Make(Directory(parentPath), path, name, entry, LinkTarget);
            _fileBytes += entry.Size;
        }
    }

    // A whiteout hides what lies below this layer, never what the layer itself brings.
    private void ApplyWhiteout(FileDescriptor parent, string path, string hidden)
    {
        if (hidden is "" or "." or "..")
            throw TareException.Invalid($"refused archive entry \"{path}\": a whiteout of \"{hidden}\"");
        Errno errno = OverlayMarks.MakeWhiteout(parent, hidden);
        if (errno == Errno.EEXIST)
        {
            FileFailure.Check(Stat.TryOf(parent, hidden, out FileStatus status), "stat", path);
            errno = status.IsDirectory ? OverlayMarks.MakeOpaque(parent, hidden) : Errno.None;
        }
        FileFailure.Check(errno, "make whiteout", path);
    }

    private void ApplyDirectory(FileDescriptor parent, string path, string name, TarEntry entry)
    {
        bool hidden = Stat.TryOf(parent, name, out FileStatus status) == Errno.None && OverlayMarks.IsWhiteout(status);
        _ = _writer.MakeDirectory(parent, path, name, entry);
        if (hidden)
            FileFailure.Check(OverlayMarks.MakeOpaque(parent, name), "mark opaque", path);
        _directoryTimes[path] = (entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    private (FileDescriptor Parent, string Name) LinkTarget(string target)
    {
        string path = EntryPath.Normalise(target);
        (string parentPath, string name) = EntryPath.Split(path);
        if (name.Length == 0 || name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            throw TareException.Invalid($"refused archive entry: a hard link to \"{target}\"");
        Errno errno = _directories.TryGet(parentPath, out FileDescriptor parent);
        if (errno is not (Errno.None or Errno.ENOENT))
            throw DirectoryCache.Refused(parentPath, errno);
        FileStatus status = default;
        if (errno == Errno.None)
            errno = Stat.TryOf(parent, name, out status);
        if (errno == Errno.ENOENT || OverlayMarks.IsWhiteout(status))
            throw TareException.Invalid($"refused archive entry: its hard link target \"{target}\" is not in the archive");
        FileFailure.Check(errno, "stat", target);
        return (parent, name);
    }

    // The directory that an entry is made in; missing ones are made, as a layer need not name its directories.
    private FileDescriptor Directory(string path)
    {
        Errno errno = _directories.TryGet(path, out FileDescriptor directory);
        if (errno is not (Errno.ENOENT or Errno.ENOTDIR))
            return errno == Errno.None ? directory : throw DirectoryCache.Refused(path, errno);
        (string parentPath, string name) = EntryPath.Split(path);
        FileDescriptor parent = Directory(parentPath);
        bool exists = Stat.TryOf(parent, name, out FileStatus status) == Errno.None;
        if (exists && !OverlayMarks.IsWhiteout(status))
            throw DirectoryCache.Refused(path, Errno.ENOTDIR);
        TarEntry implied = ImpliedDirectory.Describe(_lowers.Directories, path);
        _ = _writer.MakeDirectory(parent, path, name, implied);
        if (exists)
            FileFailure.Check(OverlayMarks.MakeOpaque(parent, name), "mark opaque", path);
        else if (implied.ModifiedSeconds != 0)
            _directoryTimes[path] = (implied.ModifiedSeconds, implied.ModifiedNanoseconds);
        return _directories.Get(path);
    }
}
