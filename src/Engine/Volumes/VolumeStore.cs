using System.Collections.Concurrent;
using Tare.Archive.Files;
using Tare.Errors;
using Tare.Linux;
using Tare.Storage.Metadata;

namespace Tare.Engine.Volumes;

/// <summary>
/// Volumes as rows and directories: a row is there before its directory and goes after it. Thread-safe; <see cref="Lock"/> is held by whoever
/// makes or removes one and is taken before the database's.
/// </summary>
internal sealed class VolumeStore
{
    private const uint DirectoryMode = 0x1c1; // 0701
    private const uint DataMode = 0x1ed; // 0755
    private readonly RecordTable _table;
    private readonly ConcurrentDictionary<string, VolumeRecord> _byName = new(StringComparer.Ordinal);
    private readonly FileDescriptor _root;

    public VolumeStore(Database database, string root)
    {
        Root = root;
        _ = Directory.CreateDirectory(root);
        _root = Fcntl.Open(root, Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC);
        FileFailure.Check(Stat.TryChmod(_root, DirectoryMode), "chmod", root);
        _table = database.Table("volumes");
        foreach ((string name, VolumeRecord record) in _table.All(VolumeJson.Default.VolumeRecord))
            _byName[name] = record;
    }

    public Lock Lock { get; } = new();

    public string Root { get; }

    /// <summary>All records as of now.</summary>
    public IReadOnlyList<VolumeRecord> All => [.. _byName.Values.OrderBy(record => record.Name, StringComparer.Ordinal)];

    /// <summary>Where a volume's data is on the host.</summary>
    public string MountPoint(string name) => Path.Combine(Root, name, "_data");

    public VolumeRecord? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The row first, then the directories; a directory that is there already, from a crash or from before, is taken over.</summary>
    public void Add(VolumeRecord record)
    {
        _table.Put(record.Name, record, VolumeJson.Default.VolumeRecord);
        try
        {
            Make(_root, record.Name, DirectoryMode);
            using FileDescriptor directory = Fcntl.OpenAt(_root, record.Name, Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC);
            Make(directory, "_data", DataMode);
        }
        catch (TareException)
        {
            // A full disk: what was refused must not be there after the next start.
            Remove(record.Name);
            throw;
        }
        _byName[record.Name] = record;
    }

    /// <summary>Replaces a row.</summary>
    public void Put(VolumeRecord record)
    {
        _table.Put(record.Name, record, VolumeJson.Default.VolumeRecord);
        _byName[record.Name] = record;
    }

    /// <summary>The directories first, then the row.</summary>
    public void Remove(string name)
    {
        TreeRemoval.Remove(_root, name);
        _ = _table.Delete(name);
        _ = _byName.TryRemove(name, out _);
    }

    /// <summary>Bytes on disk below a volume's data.</summary>
    public long SizeOf(string name)
    {
        Errno errno = Fcntl.TryOpenInRoot(_root, $"{name}/_data", Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0, out FileDescriptor data);
        if (errno != Errno.None)
            return -1;
        using (data)
            return SizeOf(data);
    }

    private static long SizeOf(FileDescriptor directory)
    {
        long total = 0;
        foreach (DirectoryEntry entry in Dirent.List(directory))
        {
            // A file that vanished meanwhile has no size.
            if (Stat.TryOf(directory, entry.Name, out FileStatus status) != Errno.None)
                continue;
            total += (long)status.Blocks * 512;
            if (status.Type != FileStatus.S_IFDIR)
                continue;
            if (Fcntl.TryOpenAt(directory, entry.Name, Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC, 0, out FileDescriptor below) == Errno.None)
            {
                using (below)
                    total += SizeOf(below);
            }
        }
        return total;
    }

    private static void Make(FileDescriptor parent, string name, uint mode)
    {
        Errno errno = Stat.TryMakeDirectory(parent, name, mode);
        if (errno != Errno.EEXIST)
            FileFailure.Check(errno, "mkdir", $"volume {name}");
        // mkdir obeys the umask.
        if (errno == Errno.None)
            FileFailure.Check(Stat.TryChmodAt(parent, name, mode), "chmod", $"volume {name}");
    }
}
