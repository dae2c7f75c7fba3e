using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sys/epoll.h: one set of descriptors and what is ready on them. Used by one thread.</summary>
public sealed partial class Epoll : IDisposable
{
    public const uint EPOLLIN = 1;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 16;
    public const uint EPOLLRDHUP = 0x2000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const int EPOLL_CTL_MOD = 3;

    // struct epoll_event is packed on x86-64 (12 bytes) and aligned elsewhere (16 bytes).
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventSize - 8;

    private readonly FileDescriptor _fd;
    private readonly byte[] _events;

    /// <summary>An empty set that reports at most <paramref name="capacity"/> descriptors at a time.</summary>
    public Epoll(int capacity = 64)
    {
        _fd = epoll_create1(0x80000);
        if (_fd.IsInvalid)
            throw new SyscallException("epoll_create1", SyscallException.LastErrno);
        _events = new byte[capacity * EventSize];
    }

    /// <summary>Starts watching; <paramref name="token"/> comes back with each event.</summary>
    public void Add(FileDescriptor fd, uint events, ulong token) => Control(EPOLL_CTL_ADD, fd, events, token);

    /// <summary>Changes what is watched for.</summary>
    public void Modify(FileDescriptor fd, uint events, ulong token) => Control(EPOLL_CTL_MOD, fd, events, token);

    /// <summary>Stops watching.</summary>
    public void Remove(FileDescriptor fd) => Control(EPOLL_CTL_DEL, fd, 0, 0);

    /// <summary>Waits at most <paramref name="milliseconds"/> (-1: for ever) and returns how many entries <see cref="Entry"/> has.</summary>
    public unsafe int Wait(int milliseconds)
    {
        // SAFETY: the array is pinned during the call and its size bounds the kernel's writes.
        fixed (byte* start = _events)
        {
            while (true)
            {
                int n = epoll_wait(_fd, start, _events.Length / EventSize, milliseconds);
                if (n >= 0)
                    return n;
                if (SyscallException.LastErrno != Errno.EINTR)
                    throw new SyscallException("epoll_wait", SyscallException.LastErrno);
            }
        }
    }

    /// <summary>The n-th event of the last <see cref="Wait"/>.</summary>
    public (uint Events, ulong Token) Entry(int n)
    {
        ReadOnlySpan<byte> raw = _events.AsSpan(n * EventSize, EventSize);
        return (MemoryMarshal.Read<uint>(raw), MemoryMarshal.Read<ulong>(raw[DataOffset..]));
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private unsafe void Control(int operation, FileDescriptor fd, uint events, ulong token)
    {
        byte* raw = stackalloc byte[16];
        *(uint*)raw = events;
        *(ulong*)(raw + DataOffset) = token;
        _ = SyscallException.Check(epoll_ctl(_fd, operation, fd, raw), "epoll_ctl");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial FileDescriptor epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_ctl(FileDescriptor epoll, int operation, FileDescriptor fd, byte* ev);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_wait(FileDescriptor epoll, byte* events, int max, int timeout);
}
