using System.Runtime.InteropServices;

namespace Tare.Linux;

public static partial class Poll
{
    private const short POLLERR = 8;
    private const short POLLHUP = 0x10;

    /// <summary>Waits until a descriptor is readable or hung up; false when the time has passed.</summary>
    public static bool WaitReadable(FileDescriptor fd, TimeSpan timeout) => WaitReadable(fd, fd, (int)timeout.TotalMilliseconds, out _);

    /// <summary>
    /// True when nothing written to a socket can arrive any more: a unix socket's peer has closed it, a TCP connection was reset. A peer that has only
    /// ended its sending side is still there.
    /// </summary>
    public static unsafe bool IsHungUp(SafeHandle socket)
    {
        bool added = false;
        try
        {
            socket.DangerousAddRef(ref added);
            // SAFETY: one struct pollfd on this frame; the handle is referenced.
            var fd = new PollFd { Fd = (int)socket.DangerousGetHandle() };
            return poll(&fd, 1, 0) > 0 && (fd.Revents & (POLLHUP | POLLERR)) != 0;
        }
        finally
        {
            if (added)
                socket.DangerousRelease();
        }
    }
}
