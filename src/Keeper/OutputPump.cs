using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// Reads one output stream of a process (a pipe, or the master side of its terminal) and hands it on. What a pipe holds is taken out only when it has
/// been handed on; a terminal cannot do that.
/// </summary>
internal sealed class OutputPump : IWaiter, IDisposable
{
    private readonly LogJournal _journal;
    private readonly EventLoop _loop;
    private readonly ManagedProcess _process;
    private readonly byte _stream;
    private readonly ulong _token;
    private bool _paused;
    private bool _closed;

    public OutputPump(EventLoop loop, ManagedProcess process, FileDescriptor fd, byte stream, LogJournal journal, bool isPipe)
    {
        _journal = journal;
        IsPipe = isPipe;
        _loop = loop;
        _process = process;
        _stream = stream;
        Descriptor = fd;
        Fcntl.SetNonBlocking(fd);
        _token = loop.Watch(fd, Epoll.EPOLLIN, this);
    }

    public FileDescriptor Descriptor { get; }

    /// <summary>False for a terminal.</summary>
    public bool IsPipe { get; }

    /// <summary>False once the stream has ended.</summary>
    public bool IsOpen => !_closed;

    /// <summary>1 for output, 2 for error output.</summary>
    public byte Stream => _stream;

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        if (!ReadOnce())
            Dispose();
        else if (_process.IsCongested)
            Pause();
    }

    /// <summary>Reads all that is there now, whoever is behind: the process has ended.</summary>
    public void DrainAndClose()
    {
        // At most what a pipe holds and a writer that outlived the process may add; the bound keeps such a writer from holding the loop.
        for (int i = 0; i < 1024 && !_closed && ReadOnce(); i++)
        {
        }
        Dispose();
    }

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Resume()
    {
        if (!_paused || _closed)
            return;
        _paused = false;
        _loop.Change(Descriptor, Epoll.EPOLLIN, _token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        _loop.Forget(Descriptor, _token);
        Descriptor.Dispose();
    }

    private void Pause()
    {
        _paused = true;
        _loop.Change(Descriptor, 0, _token);
    }

    /// <summary>False at the end of the stream, and when nothing is there while draining.</summary>
    private bool ReadOnce()
    {
        Errno errno = IsPipe ? _journal.Peek.TryPeek(Descriptor, _journal.Data, out int read) : Unistd.TryRead(Descriptor, _journal.Data, out read);
        if (errno == Errno.EAGAIN)
            return !_process.Ended;
        // A terminal whose last user has closed it reads as EIO.
        if (errno != Errno.None || read == 0)
            return false;
        _process.Output(this, _journal.Data[..read]);
        return true;
    }

    /// <summary>Takes out what was handed on.</summary>
    public void Take(int count)
    {
        if (IsPipe)
            _journal.Peek.Take(Descriptor, count);
    }
}
