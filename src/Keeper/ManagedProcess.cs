using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// One process that the keeper is parent of: its descriptors, its log, who is attached. Lives until the engine forgets it.
/// </summary>
internal sealed class ManagedProcess : IWaiter, IDisposable
{
    /// <summary>Of a process whose end nobody has seen who could tell.</summary>
    private static readonly ExitStatus UnknownStatus = new(255, 0);
    private readonly EventLoop _loop;
    private readonly LogWriter? _log;
    private readonly List<Attachment> _attachments = [];
    private readonly List<OutputPump> _pumps = [];
    private readonly InputPipe _input;
    private ulong _token;
    private FileDescriptor? _terminal;

    public ManagedProcess(EventLoop loop, string key, int pid, FileDescriptor pidfd, FileDescriptor? input, LogWriter? log)
    {
        _loop = loop;
        _log = log;
        Key = key;
        Pid = pid;
        PidFd = pidfd;
        _input = new InputPipe(loop, input, ownsDescriptor: true) { OnClosed = () => InputClosed?.Invoke(this) };
        _token = loop.Watch(pidfd, Epoll.EPOLLIN, this);
    }

    public string Key { get; }
    public int Pid { get; private set; }
    public FileDescriptor PidFd { get; private set; }
    public ExitStatus Status { get; private set; }
    public bool Ended { get; private set; }
    public long EndedAt { get; private set; }

    /// <summary>Raised once, when the process has ended and its output is in the log.</summary>
    public Action<ManagedProcess>? OnEnded { get; set; }

    /// <summary>True when an attachment is so far behind that output must wait.</summary>
    public bool IsCongested => _attachments.Exists(a => a.IsCongested);

    /// <summary>True while input can go somewhere.</summary>
    public bool AcceptsInput => _input.IsOpen;

    /// <summary>The process as the engine hears of it.</summary>
    public ProcessNotice Notice => new(Key, Pid, !Ended, Status.Code, Status.Signal, EndedAt);

    /// <summary>Set for a process that was another keeper's: its end is told by the kernel or by <see cref="Report"/>.</summary>
    public bool AwaitsReport { get; init; }

    /// <summary>What the engine holds too, so that it does not end with this process.</summary>
    public IReadOnlyList<(HeldStream Kind, FileDescriptor Descriptor)> Streams =>
    [
        .. _terminal is null && _input.Descriptor is { } input ? [(HeldStream.Input, input)] : Array.Empty<(HeldStream, FileDescriptor)>(),
        .. _pumps.Where(pump => pump.IsOpen).Select(pump => (!pump.IsPipe ? HeldStream.Terminal : pump.Stream == 1 ? HeldStream.Output : HeldStream.Error, pump.Descriptor)),
    ];

    /// <summary>Nobody can write to the process any more.</summary>
    public Action<ManagedProcess>? InputClosed { get; set; }

    /// <summary>Gets an attachment that stays for the next process of this name.</summary>
    public Action<Attachment>? Stays { get; set; }

    /// <summary>Adds an output stream, 1 or 2.</summary>
    public void AddPipe(FileDescriptor fd, byte stream, LogJournal journal) => _pumps.Add(new OutputPump(_loop, this, fd, stream, journal, isPipe: true));

    /// <summary>Goes on with the log of another keeper, before anything is read.</summary>
    public void RecoverLog() => _log?.Recover(stream => _pumps.Find(pump => pump.IsOpen && pump.IsPipe && pump.Stream == stream)?.Descriptor);

    /// <summary>Called when this process, or the one that it has followed, has been reaped.</summary>
    public Action? Reaped { get; set; }

    /// <summary>
    /// The program goes on in another child of ours, and the present process ends: user namespaces can be entered by a new process only, and what criu restores is
    /// another process than criu.
    /// </summary>
    public bool Follow(int next)
    {
        if (Process.TryOpen(next, out FileDescriptor pidfd) != Errno.None)
            return false;
        _loop.Forget(PidFd, _token);
        _ = new Predecessor(_loop, PidFd, () => Reaped?.Invoke());
        (Pid, PidFd) = (next, pidfd);
        _token = _loop.Watch(pidfd, Epoll.EPOLLIN, this);
        return true;
    }

    /// <summary>The master side of the terminal: output, input and window size.</summary>
    public void SetTerminal(FileDescriptor master, ushort rows, ushort columns, LogJournal journal)
    {
        _terminal = master;
        if (rows > 0 && columns > 0)
            _ = Terminal.TryResize(master, rows, columns);
        _pumps.Add(new OutputPump(_loop, this, master, 1, journal, isPipe: false));
        _input.Open(master.Duplicate());
        foreach (Attachment attachment in _attachments)
            attachment.Update();
    }

    public Errno Resize(ushort rows, ushort columns) =>
        _terminal is null || Ended ? Errno.ENOTTY : Terminal.TryResize(_terminal, rows, columns);

    public void Attach(Attachment attachment)
    {
        attachment.Process = this;
        attachment.OnClosed = closed =>
        {
            _ = _attachments.Remove(closed);
            ResumeOutput();
        };
        _attachments.Add(attachment);
        attachment.Update();
        if (Ended)
            attachment.Finish();
    }

    /// <summary>Output of the process, to the log and to whoever is attached.</summary>
    public void Output(OutputPump from, ReadOnlySpan<byte> data)
    {
        int end = data.Length;
        while (!data.IsEmpty)
        {
            int used = _log?.Append(from.Stream, data, end, from.IsPipe) ?? data.Length;
            for (int i = _attachments.Count - 1; i >= 0; i--)
                _attachments[i].Send(from.Stream, data[..used]);
            from.Take(used);
            _log?.Taken();
            data = data[used..];
        }
    }

    /// <summary>Lets paused streams go on when nobody is behind any more.</summary>
    public void ResumeOutput()
    {
        if (IsCongested)
            return;
        foreach (OutputPump pump in _pumps)
            pump.Resume();
    }

    /// <summary>False when the process does not take more for now; the attachment is told when it does.</summary>
    public bool WriteInput(ReadOnlySpan<byte> data, Attachment from) => _input.Write(data, from.ResumeInput);

    /// <summary>End of input. A terminal has no end; its session goes on.</summary>
    public void CloseInput()
    {
        if (_terminal is null)
            _input.CloseWhenWritten();
    }

    /// <summary>Set until the program has ended in its execve or has failed: reads what it has said.</summary>
    public Action? WhileStarting { get; set; }

    /// <summary>The pidfd is readable: the process has ended.</summary>
    public void Ready(uint events)
    {
        int pid = Pid;
        WhileStarting?.Invoke();
        if (Ended || Pid != pid)
            return;
        Errno errno = Process.TryReap(PidFd, wait: false, out ExitStatus status);
        if (errno == Errno.EAGAIN)
            return;
        // Not our child: another keeper's, and its new parent reaps it.
        if (errno != Errno.None)
            errno = Process.TryReadExit(PidFd, out status);
        if (errno == Errno.EAGAIN || (errno != Errno.None && AwaitsReport))
            _loop.Change(PidFd, 0, _token);
        else
            End(errno == Errno.None ? status : UnknownStatus);
    }

    /// <summary>The process's parent says how it ended.</summary>
    public void Report(ExitStatus status)
    {
        if (!Ended)
            End(status);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _log?.Dispose();
        PidFd.Dispose();
        for (int i = _attachments.Count - 1; i >= 0; i--)
            _attachments[i].Finish();
    }

    private void End(ExitStatus status)
    {
        Ended = true;
        Status = status;
        EndedAt = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        _loop.Forget(PidFd, _token);
        foreach (OutputPump pump in _pumps)
            pump.DrainAndClose();
        _pumps.Clear();
        _log?.Finish();
        _input.Dispose();
        OnEnded?.Invoke(this);
        Reaped?.Invoke();
        foreach (Attachment attachment in _attachments.ToArray())
        {
            if (!attachment.StaysForNext || Stays is null)
            {
                attachment.Finish();
                continue;
            }
            _ = _attachments.Remove(attachment);
            attachment.Process = null;
            Stays(attachment);
        }
    }
}
