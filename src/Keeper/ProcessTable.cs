using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>All processes the keeper is parent of, and attachments that wait for theirs.</summary>
internal sealed class ProcessTable(EventLoop loop, Spawner spawner)
{
    private readonly Dictionary<string, ManagedProcess> _processes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Attachment>> _waiting = new(StringComparer.Ordinal);

    /// <summary>A started process has ended.</summary>
    public Action<ProcessNotice>? Ended { get; set; }

    /// <summary>Everything known.</summary>
    public IReadOnlyCollection<ManagedProcess> All => _processes.Values;

    /// <summary>True when nothing needs the keeper.</summary>
    public bool IsEmpty => _processes.Count == 0;

    /// <summary>Starts a process; <paramref name="done"/> gets it, or the failed operation and why.</summary>
    public void Spawn(SpawnOrder order, Action<ManagedProcess?, int, Errno> done)
    {
        if (_processes.ContainsKey(order.Key))
        {
            done(null, -1, Errno.EEXIST);
            return;
        }
        Errno errno;
        SpawnedProcess? spawned = null;
        try
        {
            errno = spawner.TrySpawn(order, out spawned);
        }
        catch (SyscallException e)
        {
            // Out of descriptors or memory while making pipes: this spawn fails, the keeper goes on.
            errno = e.Errno;
        }
        if (spawned is null)
        {
            CloseWaiting(order.Key);
            done(null, -1, errno);
            return;
        }
        ManagedProcess process = spawned.Process;
        _processes[order.Key] = process;
        foreach (Attachment attachment in TakeWaiting(order.Key))
            process.Attach(attachment);
        _ = new SpawnWatch(loop, spawned, (order.Rows, order.Columns), (operation, failure) =>
        {
            if (failure == Errno.None)
                process.OnEnded = ended => Ended?.Invoke(ended.Notice);
            else
                process.OnEnded = Discard;
            done(failure == Errno.None ? process : null, operation, failure);
            if (process.Ended)
                process.OnEnded(process);
        });
    }

    /// <summary>Connects a stream to a process, or lets it wait for the spawn of one of that name.</summary>
    public void Attach(string key, FileDescriptor stream, AttachFlags flags)
    {
        Attachment attachment = new(loop, stream, flags);
        if (_processes.TryGetValue(key, out ManagedProcess? process))
        {
            process.Attach(attachment);
            return;
        }
        if (!_waiting.TryGetValue(key, out List<Attachment>? waiting))
            _waiting[key] = waiting = [];
        waiting.Add(attachment);
        attachment.OnClosed = closed =>
        {
            if (_waiting.TryGetValue(key, out List<Attachment>? list) && list.Remove(closed) && list.Count == 0)
                _ = _waiting.Remove(key);
        };
    }

    public ManagedProcess? Find(string key) => _processes.GetValueOrDefault(key);

    /// <summary>Drops an ended process; a running one stays.</summary>
    public void Forget(string key)
    {
        CloseWaiting(key);
        if (_processes.TryGetValue(key, out ManagedProcess? process) && process.Ended)
            Discard(process);
    }

    private void Discard(ManagedProcess process)
    {
        _ = _processes.Remove(process.Key);
        process.Dispose();
    }

    private List<Attachment> TakeWaiting(string key) => _waiting.Remove(key, out List<Attachment>? waiting) ? waiting : [];

    private void CloseWaiting(string key)
    {
        foreach (Attachment attachment in TakeWaiting(key))
            attachment.Dispose();
    }
}
