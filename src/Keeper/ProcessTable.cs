using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>All processes the keeper is parent of, and attachments that wait for theirs.</summary>
internal sealed class ProcessTable(EventLoop loop, Spawner spawner, StreamDirectory streams, LogJournal journal)
{
    private readonly Dictionary<string, ManagedProcess> _processes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Attachment>> _waiting = new(StringComparer.Ordinal);

    /// <summary>A started process has ended.</summary>
    public Action<ProcessNotice>? Ended { get; set; }

    /// <summary>The input of a started process is closed.</summary>
    public Action<string>? InputClosed { get; set; }

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
            streams.Remove(order.Key);
            CloseWaiting(order.Key);
            done(null, -1, errno);
            return;
        }
        ManagedProcess process = spawned.Process;
        Keep(process);
        _ = new SpawnWatch(loop, spawned, (order.Rows, order.Columns), journal, (operation, failure) =>
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

    /// <summary>
    /// A child that a spawned process has made takes its place; null when there is no such process. The terminal's master side is taken.
    /// </summary>
    public ManagedProcess? Follow(string key, int pid, FileDescriptor? terminal, (ushort Rows, ushort Columns) size)
    {
        if (Find(key) is { Ended: false } process && process.Follow(pid))
        {
            if (terminal is not null)
                process.SetTerminal(terminal, size.Rows, size.Columns, journal);
            return process;
        }
        terminal?.Dispose();
        return null;
    }

    /// <summary>Reaps children that are nobody's: made by one that was spawned, or orphans of it that have no process 1 of their own.</summary>
    public void ReapStrangers()
    {
        while (Process.TryPeekAny(out int pid) && !_processes.Values.Any(process => process.Pid == pid && !process.Ended) && Process.TryOpen(pid, out FileDescriptor stranger) == Errno.None)
            using (stranger)
                _ = Process.TryReap(stranger, wait: false, out _);
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
        Wait(key, attachment);
    }

    /// <summary>Takes over a process of a keeper that has died; the order's descriptors are taken.</summary>
    public Errno Adopt(AdoptOrder order)
    {
        if (_processes.ContainsKey(order.Key))
            return Errno.EEXIST;
        LogWriter? log = order.TakeLog() is { } file ? new LogWriter(file, order.Key, streams, journal) : null;
        ManagedProcess process = new(loop, order.Key, order.Pid, order.TakePidFd(), order.TakeInput(), log)
        {
            AwaitsReport = order.ParentReports,
            OnEnded = ended => Ended?.Invoke(ended.Notice),
        };
        for (byte stream = 1; stream <= 2; stream++)
            if (streams.OpenPipe(order.Key, stream) is { } pipe)
                process.AddPipe(pipe, stream, journal);
        process.RecoverLog();
        if (order.TakeTerminal() is { } terminal)
            process.SetTerminal(terminal, 0, 0, journal);
        Keep(process);
        return Errno.None;
    }

    /// <summary>The engine, parent of an adopted process, has reaped it.</summary>
    public void Report(int pid, ExitStatus status)
    {
        foreach (ManagedProcess process in _processes.Values)
        {
            if (process.Pid != pid || process.Ended)
                continue;
            process.Report(status);
            return;
        }
    }

    public ManagedProcess? Find(string key) => _processes.GetValueOrDefault(key);

    /// <summary>Drops an ended process; a running one stays. With <paramref name="keepStreams"/> those who are attached wait for the next one.</summary>
    public void Forget(string key, bool keepStreams)
    {
        if (_processes.TryGetValue(key, out ManagedProcess? process) && !process.Ended)
            return;
        if (!keepStreams)
            CloseWaiting(key);
        if (process is not null)
            Discard(process);
        else
            streams.Remove(key);
    }

    private void Keep(ManagedProcess process)
    {
        _processes[process.Key] = process;
        process.Reaped = ReapStrangers;
        process.InputClosed = closed => InputClosed?.Invoke(closed.Key);
        process.Stays = attachment => Wait(process.Key, attachment);
        foreach (Attachment attachment in TakeWaiting(process.Key))
            process.Attach(attachment);
    }

    private void Wait(string key, Attachment attachment)
    {
        if (!_waiting.TryGetValue(key, out List<Attachment>? waiting))
            _waiting[key] = waiting = [];
        waiting.Add(attachment);
        attachment.OnClosed = closed =>
        {
            if (_waiting.TryGetValue(key, out List<Attachment>? list) && list.Remove(closed) && list.Count == 0)
                _ = _waiting.Remove(key);
        };
        attachment.Update();
    }

    private void Discard(ManagedProcess process)
    {
        _ = _processes.Remove(process.Key);
        streams.Remove(process.Key);
        process.Dispose();
    }

    private List<Attachment> TakeWaiting(string key) => _waiting.Remove(key, out List<Attachment>? waiting) ? waiting : [];

    private void CloseWaiting(string key)
    {
        foreach (Attachment attachment in TakeWaiting(key))
            attachment.Finish();
    }
}
