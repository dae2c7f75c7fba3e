using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// One process that the keeper is parent of: its descriptors, its log, who is attached. Lives until the engine forgets it.
/// </summary>
internal sealed class ManagedProcess : IWaiter, IDisposable
{
    private readonly EventLoop _loop;
    private readonly JsonLog? _log;
    private readonly List<Attachment> _attachments = [];
    private readonly List<OutputPump> _pumps = [];
    private readonly InputPipe _input;
    private readonly ulong _token;
    private FileDescriptor? _terminal;

    public ManagedProcess(EventLoop loop, string key, int pid, FileDescriptor pidfd, FileDescriptor? input, JsonLog? log)
    {
        _loop = loop;
        _log = log;
        Key = key;
        Pid = pid;
        PidFd = pidfd;
        _input = new InputPipe(loop, input, ownsDescriptor: true);
        _token = loop.Watch(pidfd, Epoll.EPOLLIN, this);
    }

    public string Key { get; }
    public int Pid { get; }
    public FileDescriptor PidFd { get; }
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

    /// <summary>Adds an output stream: 1 or 2.</summary>
    public void AddOutput(FileDescriptor fd, byte stream) => _pumps.Add(new OutputPump(_loop, this, fd, stream));

    /// <summary>The master side of the terminal: output, input and window size.</summary>
    public void SetTerminal(FileDescriptor master, ushort rows, ushort columns)
    {
        _terminal = master;
        if (rows > 0 && columns > 0)
            _ = Terminal.TryResize(master, rows, columns);
        AddOutput(master, 1);
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
    public void Output(byte stream, ReadOnlySpan<byte> data)
    {
        _log?.Append(stream == 1 ? "stdout" : "stderr", data);
        for (int i = _attachments.Count - 1; i >= 0; i--)
            _attachments[i].Send(stream, data);
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

    /// <summary>The pidfd is readable: the process has ended.</summary>
    public void Ready(uint events)
    {
        if (Ended || Process.TryReap(PidFd, wait: false, out ExitStatus status) != Errno.None)
            return;
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
        for (int i = _attachments.Count - 1; i >= 0; i--)
            _attachments[i].Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _log?.Dispose();
        PidFd.Dispose();
        for (int i = _attachments.Count - 1; i >= 0; i--)
            _attachments[i].Finish();
    }
}
