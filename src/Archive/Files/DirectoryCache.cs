using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>
/// Descriptors of the directories below a root that entries are made in, opened once each through openat2. A bounded number stays open; the two
/// that were asked for last are never closed by a later request. Not thread-safe.
/// </summary>
internal sealed class DirectoryCache(FileDescriptor root, ulong resolve) : IDisposable
{
    private const int Capacity = 128;

    private readonly Dictionary<string, (FileDescriptor Directory, long Used)> _open = [];
    private long _clock;

    /// <summary>The root itself; not owned.</summary>
    public FileDescriptor Root => root;

    /// <summary>Opens a directory by its normalised path; ENOENT, ENOTDIR and ELOOP are expected outcomes.</summary>
    public Errno TryGet(string path, out FileDescriptor directory)
    {
        directory = root;
        if (path.Length == 0)
            return Errno.None;
        if (_open.TryGetValue(path, out var cached))
        {
            _open[path] = (cached.Directory, ++_clock);
            directory = cached.Directory;
            return Errno.None;
        }
        Errno errno = Fcntl.TryOpen2(root, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY, 0, resolve, out FileDescriptor opened);
        if (errno != Errno.None)
        {
            opened.Dispose();
            return errno;
        }
        if (_open.Count >= Capacity)
            EvictHalf();
        _open[path] = (opened, ++_clock);
        directory = opened;
        return Errno.None;
    }

    /// <summary>As <see cref="TryGet"/> for a directory that must exist.</summary>
    public FileDescriptor Get(string path)
    {
        Errno errno = TryGet(path, out FileDescriptor directory);
        return errno == Errno.None ? directory : throw Refused(path, errno);
    }

    /// <summary>Forgets a directory that was replaced, and everything below it.</summary>
    public void Forget(string path)
    {
        foreach (string key in _open.Keys.Where(k => k == path || (k.Length > path.Length && k[path.Length] == '/' && k.StartsWith(path, StringComparison.Ordinal))).ToList())
        {
            _open[key].Directory.Dispose();
            _ = _open.Remove(key);
        }
    }

    public void Dispose()
    {
        foreach ((FileDescriptor directory, _) in _open.Values)
            directory.Dispose();
        _open.Clear();
    }

    /// <summary>Why a path can not be used as a directory, in words.</summary>
    public static TareException Refused(string path, Errno errno) => errno switch
    {
        Errno.ELOOP or Errno.EXDEV => TareException.Invalid($"refused archive entry: its directory \"{path}\" leads through a symbolic link"),
        Errno.ENOTDIR => TareException.Invalid($"refused archive entry: \"{path}\" is not a directory"),
        _ => FileFailure.Translate(errno, "open", path),
    };

    private void EvictHalf()
    {
        foreach ((string path, (FileDescriptor directory, long _)) in _open.OrderBy(p => p.Value.Used).Take(Capacity / 2).ToList())
        {
            directory.Dispose();
            _ = _open.Remove(path);
        }
    }
}
