using System.Buffers.Binary;
using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// One stream socket connected to a process: output goes out, framed when asked for; what comes in goes to the process's input. Output is never
/// dropped: past <see cref="HighWater"/> the process's output is not read until the peer has caught up.
/// </summary>
internal sealed class Attachment : IWaiter, IDisposable
{
    private const int HighWater = 1 << 20;
    private readonly EventLoop _loop;
    private readonly FileDescriptor _socket;
    private readonly AttachFlags _flags;
    private readonly ulong _token;
    private byte[] _queue = new byte[4096];
    private int _start;
    private int _end;
    private bool _inputEnded;
    private bool _inputPaused;
    private bool _finishing;

    public Attachment(EventLoop loop, FileDescriptor socket, AttachFlags flags)
    {
        _loop = loop;
        _socket = socket;
        _flags = flags;
        Fcntl.SetNonBlocking(socket);
        _token = loop.Watch(socket, Wanted, this);
    }

    /// <summary>The process, once it is there; null while the attachment waits for its start.</summary>
    public ManagedProcess? Process { get; set; }

    /// <summary>True when the peer is far behind.</summary>
    public bool IsCongested => _end - _start > HighWater;

    /// <summary>True when the stream goes on with the next process of the same name.</summary>
    public bool StaysForNext => (_flags & AttachFlags.AcrossRestarts) != 0 && !Closed;

    /// <summary>The peer is gone or everything is said; this object is out of use.</summary>
    public bool Closed { get; private set; }

    /// <summary>Raised on closing.</summary>
    public Action<Attachment>? OnClosed { get; set; }

    private bool WantsInput => (_flags & AttachFlags.Input) != 0 && !_inputEnded && !_inputPaused && Process is { AcceptsInput: true };

    private uint Wanted => (WantsInput ? Epoll.EPOLLIN : 0) | (_end > _start ? Epoll.EPOLLOUT : 0);

    /// <summary>Sends output of stream 1 (stdout) or 2 (stderr).</summary>
    public void Send(byte stream, ReadOnlySpan<byte> data)
    {
        if (Closed || (_flags & (stream == 1 ? AttachFlags.Output : AttachFlags.Error)) == 0)
            return;
        if ((_flags & AttachFlags.Multiplexed) != 0)
        {
            Span<byte> header = stackalloc byte[8];
            header[0] = stream;
            BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)data.Length);
            Enqueue(header);
        }
        Enqueue(data);
        Drain();
    }

    /// <summary>No more output comes; closes when all is sent.</summary>
    public void Finish()
    {
        _finishing = true;
        Drain();
    }

    /// <summary>The process can take input again.</summary>
    public void ResumeInput()
    {
        _inputPaused = false;
        Update();
    }

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        if ((events & Epoll.EPOLLIN) != 0)
            ReadInput();
        if (!Closed && (events & Epoll.EPOLLOUT) != 0)
            Drain();
        if (!Closed && (events & (Epoll.EPOLLHUP | Epoll.EPOLLERR)) != 0 && (events & Epoll.EPOLLIN) == 0)
        {
            EndInput();
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Closed)
            return;
        Closed = true;
        _loop.Forget(_socket, _token);
        _ = Socket.TryShutdown(_socket, 2);
        _socket.Dispose();
        OnClosed?.Invoke(this);
    }

    /// <summary>Watches for what is wanted now.</summary>
    public void Update()
    {
        if (!Closed)
            _loop.Change(_socket, Wanted, _token);
    }

    private void ReadInput()
    {
        Span<byte> buffer = stackalloc byte[8192];
        Errno errno = Unistd.TryRead(_socket, buffer, out int read);
        if (errno == Errno.EAGAIN)
            return;
        if (errno != Errno.None || read == 0)
        {
            EndInput();
            Update();
            return;
        }
        if (Process?.WriteInput(buffer[..read], this) == false)
        {
            _inputPaused = true;
            Update();
        }
    }

    private void EndInput()
    {
        if (_inputEnded)
            return;
        _inputEnded = true;
        if ((_flags & (AttachFlags.CloseInputAtEnd | AttachFlags.Input)) == (AttachFlags.CloseInputAtEnd | AttachFlags.Input))
            Process?.CloseInput();
    }

    private void Enqueue(ReadOnlySpan<byte> data)
    {
        if (_end + data.Length > _queue.Length)
        {
            _queue.AsSpan(_start, _end - _start).CopyTo(_queue);
            (_start, _end) = (0, _end - _start);
            if (_end + data.Length > _queue.Length)
                Array.Resize(ref _queue, Math.Max(_queue.Length * 2, _end + data.Length));
        }
        data.CopyTo(_queue.AsSpan(_end));
        _end += data.Length;
    }

    private void Drain()
    {
        while (_end > _start)
        {
            Errno errno = Unistd.TryWrite(_socket, _queue.AsSpan(_start, _end - _start), out int written);
            if (errno == Errno.EAGAIN)
                break;
            if (errno != Errno.None)
            {
                Dispose();
                return;
            }
            _start += written;
        }
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
            if (_queue.Length > 65536)
                _queue = new byte[4096];
            if (_finishing)
            {
                Dispose();
                return;
            }
            Process?.ResumeOutput();
        }
        Update();
    }
}
