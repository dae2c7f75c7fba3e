using System.Collections.Concurrent;
using System.Globalization;
using Tare.Archive.Files;
using Tare.Archive.Layers;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci;
using Tare.Storage.Metadata;

namespace Tare.Storage.Snapshots;

/// <summary>
/// Unpacked layers, one per chain, shared by all containers, in numbered directories. The row exists before the directory and goes after it, so
/// after a crash the two are made equal on open. Thread-safe.
/// </summary>
public sealed class SnapshotStore
{
    private readonly string _root;
    private readonly RecordTable _rows;
    private readonly RecordTable _leases;
    private readonly ConcurrentDictionary<Digest, Snapshot> _committed = new();
    private readonly Dictionary<Digest, Task<Snapshot>> _unpacking = [];
    private readonly Lock _lock = new();
    private readonly UnpackSlots _slots = new(Math.Clamp(Environment.ProcessorCount, 4, 8));
    private long _lastNumber;

    private SnapshotStore(string root, Database database)
    {
        _root = root;
        _rows = database.Table("snapshots");
        _leases = database.Table("snapshot_leases");
    }

    /// <summary>Opens the store in <paramref name="root"/> and removes what a dead process left half-done.</summary>
    public static SnapshotStore Open(string root, Database database)
    {
        Storage.Directories.MakePrivate(root);
        var store = new SnapshotStore(root, database);
        store.Recover();
        return store;
    }

    /// <summary>The snapshot of a chain, when it is unpacked.</summary>
    public bool TryGet(Digest chainId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Snapshot? snapshot) => _committed.TryGetValue(chainId, out snapshot);

    /// <summary>All unpacked snapshots, in no order.</summary>
    public IReadOnlyCollection<Snapshot> All() => [.. _committed.Values];

    /// <summary>The directories of a chain for overlayfs, topmost first.</summary>
    public IReadOnlyList<string> LowerDirectories(Digest chainId) => [.. Chain(chainId).Select(s => s.Directory)];

    /// <summary>
    /// Unpacks a layer on top of a chain that is unpacked or being unpacked, once, however many ask at the same time: no layer waits for those
    /// below it before it must. A layer that does not have the given diffID is InvalidArgument, and nothing of it stays.
    /// </summary>
    public Task<Snapshot> EnsureAsync(Digest? parent, Digest diffId, Func<Stream> openLayer, CancellationToken cancel = default)
    {
        Digest chainId = ChainId.Of(parent, diffId);
        if (_committed.TryGetValue(chainId, out Snapshot? snapshot))
            return Task.FromResult(snapshot);
        lock (_lock)
        {
            if (_committed.TryGetValue(chainId, out snapshot))
                return Task.FromResult(snapshot);
            if (!_unpacking.TryGetValue(chainId, out Task<Snapshot>? running))
            {
                Task<Snapshot>? below = parent is null || _committed.ContainsKey(parent) ? null
                    : _unpacking.GetValueOrDefault(parent) ?? throw TareException.NotFound($"snapshot {parent} is not unpacked");
                // One asker's cancellation must not fail the others, so the work itself runs to its end.
                running = Task.Factory.StartNew(
                    () => Unpack(chainId, parent, below, diffId, openLayer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                _unpacking[chainId] = running;
            }
            return running.WaitAsync(cancel);
        }
    }

    /// <summary>Says that a holder (a container's id) uses a chain: it is not collected until released. Survives restarts.</summary>
    public void Hold(string holder, Digest chainId) => _leases.Put(holder, chainId, StorageJson.Default.Digest);

    /// <summary>As <see cref="Hold(string, Digest)"/> for many at once, most of which are so already.</summary>
    public void Hold(IReadOnlyCollection<(string Holder, Digest ChainId)> holds)
    {
        Dictionary<string, Digest> present = new(_leases.All(StorageJson.Default.Digest), StringComparer.Ordinal);
        foreach ((string holder, Digest chainId) in holds)
            if (!present.TryGetValue(holder, out Digest? held) || held != chainId)
                Hold(holder, chainId);
    }

    /// <summary>Ends what <see cref="Hold(string, Digest)"/> began.</summary>
    public void Release(string holder) => _leases.Delete(holder);

    /// <summary>Removes one snapshot although others stand on it, so that it can be made again. No container may use it.</summary>
    public void Drop(Digest chainId)
    {
        lock (_lock)
        {
            if (!_committed.TryRemove(chainId, out Snapshot? snapshot))
                return;
            PutRow(snapshot, committed: false);
            RemoveDirectoryAndRow(NumberOf(snapshot), chainId);
        }
    }

    /// <summary>Chains that holders use.</summary>
    public IReadOnlyCollection<Digest> Held() => [.. _leases.All(StorageJson.Default.Digest).Select(l => l.Value)];

    /// <summary>Removes every snapshot that neither a holder nor one of the given chains needs; returns what went.</summary>
    public IReadOnlyList<Snapshot> Collect(IEnumerable<Digest> neededChains)
    {
        List<Snapshot> removed;
        lock (_lock)
        {
            if (_unpacking.Count > 0)
                return [];
            var needed = new HashSet<Digest>();
            foreach (Digest top in neededChains.Concat(_leases.All(StorageJson.Default.Digest).Select(l => l.Value)))
            {
                for (Digest? chain = top; chain is not null && needed.Add(chain); chain = _committed.GetValueOrDefault(chain)?.Parent)
                {
                }
            }
            removed = [.. _committed.Values.Where(s => !needed.Contains(s.ChainId))];
            foreach (Snapshot snapshot in removed)
            {
                // From now on the row is that of a half-made snapshot, which a restart would finish removing.
                PutRow(snapshot, committed: false);
                _ = _committed.TryRemove(snapshot.ChainId, out _);
            }
            foreach (Snapshot snapshot in removed)
                RemoveDirectoryAndRow(NumberOf(snapshot), snapshot.ChainId);
        }
        return removed;
    }

    private IEnumerable<Snapshot> Chain(Digest chainId)
    {
        for (Digest? id = chainId; id is not null;)
        {
            if (!_committed.TryGetValue(id, out Snapshot? snapshot))
                throw TareException.NotFound($"snapshot {id} is not unpacked");
            yield return snapshot;
            id = snapshot.Parent;
        }
    }

    private Snapshot Unpack(Digest chainId, Digest? parent, Task<Snapshot>? below, Digest diffId, Func<Stream> openLayer)
    {
        long number = Interlocked.Increment(ref _lastNumber);
        var snapshot = new Snapshot(chainId, parent, diffId, Path.Combine(_root, number.ToString(CultureInfo.InvariantCulture), "fs"), 0);
        _slots.Take();
        using var lowers = new LowerLayers(() => parent is null ? [] : Directories(WaitFor(below), parent));
        try
        {
            PutRow(snapshot, committed: false);
            snapshot = Fill(snapshot, openLayer, lowers);
            // A committed snapshot stands on committed ones.
            WaitFor(below);
            PutRow(snapshot, committed: true);
            lock (_lock)
            {
                _committed[chainId] = snapshot;
                _ = _unpacking.Remove(chainId);
            }
            return snapshot;
        }
        catch (Exception)
        {
            lock (_lock)
            {
                RemoveDirectoryAndRow(number, chainId);
                _ = _unpacking.Remove(chainId);
            }
            throw;
        }
        finally
        {
            _slots.Return();
        }
    }

    /// <summary>Gives the place away while waiting: the one waited for may need it.</summary>
    private bool WaitFor(Task<Snapshot>? below)
    {
        if (below is null || below.IsCompletedSuccessfully)
            return true;
        _slots.Return();
        try
        {
            _ = below.GetAwaiter().GetResult();
        }
        finally
        {
            _slots.Take();
        }
        return true;
    }

    private List<FileDescriptor> Directories(bool ready, Digest parent) =>
        ready ? [.. Chain(parent).Select(below => Fcntl.Open(below.Directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY))] : [];

    private static Snapshot Fill(Snapshot snapshot, Func<Stream> openLayer, LowerLayers lowers)
    {
        Storage.Directories.MakePrivate(Path.GetDirectoryName(snapshot.Directory)!);
        FileFailure.Check(Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, snapshot.Directory, 0x1ed), "mkdir", snapshot.Directory);
        using FileDescriptor directory = Fcntl.Open(snapshot.Directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        FileFailure.Check(Stat.TryChmod(directory, 0x1ed), "chmod", snapshot.Directory);
        using Stream layer = openLayer();
        AppliedLayer applied = LayerApplier.Apply(directory, layer, lowers);
        return applied.DiffId == snapshot.DiffId
            ? snapshot with { FileBytes = applied.FileBytes }
            : throw TareException.Invalid($"layer does not match its diffID: want {snapshot.DiffId}, got {applied.DiffId}");
    }

    private void Recover()
    {
        foreach ((string key, SnapshotRecord record) in _rows.All(StorageJson.Default.SnapshotRecord))
        {
            var chainId = Digest.Parse(key);
            string directory = Path.Combine(_root, record.Number.ToString(CultureInfo.InvariantCulture), "fs");
            _lastNumber = Math.Max(_lastNumber, record.Number);
            if (record.Committed && Directory.Exists(directory))
                _committed[chainId] = new Snapshot(chainId, record.Parent, record.DiffId, directory, record.FileBytes);
            else
                RemoveDirectoryAndRow(record.Number, chainId);
        }
        var known = _committed.Values.Select(s => NumberOf(s).ToString(CultureInfo.InvariantCulture)).ToHashSet();
        using FileDescriptor root = Fcntl.Open(_root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        foreach (string name in Dirent.List(root).Select(e => e.Name).Where(n => !known.Contains(n)))
            TreeRemoval.Remove(root, name);
    }

    private void RemoveDirectoryAndRow(long number, Digest chainId)
    {
        using (FileDescriptor root = Fcntl.Open(_root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY))
            TreeRemoval.Remove(root, number.ToString(CultureInfo.InvariantCulture));
        _ = _rows.Delete(chainId.ToString());
    }

    private void PutRow(Snapshot snapshot, bool committed) => _rows.Put(
        snapshot.ChainId.ToString(),
        new SnapshotRecord { Number = NumberOf(snapshot), DiffId = snapshot.DiffId, Parent = snapshot.Parent, Committed = committed, FileBytes = snapshot.FileBytes },
        StorageJson.Default.SnapshotRecord);

    private static long NumberOf(Snapshot snapshot) =>
        long.Parse(Path.GetFileName(Path.GetDirectoryName(snapshot.Directory))!, CultureInfo.InvariantCulture);
}
