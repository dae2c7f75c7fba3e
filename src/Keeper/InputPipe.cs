using Tare.Linux;

namespace Tare.Keeper;

/// <summary>The way to a process's standard input, with what it has not taken yet.</summary>
internal sealed class InputPipe : IWaiter, IDisposable
{
    private readonly EventLoop _loop;
    private FileDescriptor? _fd;
    private ulong _token;
    private byte[] _rest = [];
    private Action? _resume;
    private bool _closing;

    public InputPipe(EventLoop loop, FileDescriptor? fd, bool ownsDescriptor)
    {
        _loop = loop;
        if (fd is not null && ownsDescriptor)
            Open(fd);
    }

    public bool IsOpen => _fd is not null && !_closing;

    /// <summary>The descriptor while it is open.</summary>
    public FileDescriptor? Descriptor => _fd;

    /// <summary>Raised when it is closed.</summary>
    public Action? OnClosed { get; init; }

    /// <summary>Takes the descriptor; it is closed with this object.</summary>
    public void Open(FileDescriptor fd)
    {
        Fcntl.SetNonBlocking(fd);
        _fd = fd;
        _token = _loop.Watch(fd, 0, this);
    }

    /// <summary>True when all was taken or nobody reads any more; else <paramref name="resume"/> is called when the rest has gone.</summary>
    public bool Write(ReadOnlySpan<byte> data, Action resume)
    {
        while (_fd is not null && !data.IsEmpty)
        {
            Errno errno = Unistd.TryWrite(_fd, data, out int written);
            if (errno == Errno.EAGAIN)
            {
                _rest = data.ToArray();
                _resume = resume;
                _loop.Change(_fd, Epoll.EPOLLOUT, _token);
                return false;
            }
            if (errno != Errno.None)
            {
                Dispose();
                return true;
            }
            data = data[written..];
        }
        return true;
    }

    /// <summary>Closes after what is still to be written.</summary>
    public void CloseWhenWritten()
    {
        _closing = true;
        if (_rest.Length == 0)
            Dispose();
    }

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        byte[] rest = _rest;
        Action? resume = _resume;
        (_rest, _resume) = ([], null);
        if (rest.Length == 0)
        {
            // Only the reader's disappearance is reported without being asked for.
            Dispose();
            return;
        }
        if (!Write(rest, resume ?? (() => { })))
            return;
        if (_fd is not null)
            _loop.Change(_fd, 0, _token);
        if (_closing)
            Dispose();
        resume?.Invoke();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd is null)
            return;
        _loop.Forget(_fd, _token);
        _fd.Dispose();
        _fd = null;
        OnClosed?.Invoke();
    }
}
