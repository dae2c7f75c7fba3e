using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>poll.h: waiting for a few descriptors on a blocking thread.</summary>
public static partial class Poll
{
    private const short POLLIN = 1;

    /// <summary>
    /// Waits until one of two descriptors is readable (or hung up) or <paramref name="timeoutMilliseconds"/> passed (-1: for ever). True when it
    /// was <paramref name="first"/>; <paramref name="other"/> true when the second was.
    /// </summary>
    public static unsafe bool WaitReadable(FileDescriptor first, FileDescriptor second, int timeoutMilliseconds, out bool other)
    {
        bool firstAdded = false, secondAdded = false;
        try
        {
            first.DangerousAddRef(ref firstAdded);
            second.DangerousAddRef(ref secondAdded);
            // SAFETY: struct pollfd is {int fd; short events; short revents}; both live on this frame and the handles are referenced.
            PollFd* fds = stackalloc PollFd[2];
            fds[0] = new PollFd { Fd = first.Number, Events = POLLIN };
            fds[1] = new PollFd { Fd = second.Number, Events = POLLIN };
            while (poll(fds, 2, timeoutMilliseconds) < 0)
            {
                if (SyscallException.LastErrno != Errno.EINTR)
                    throw new SyscallException("poll", SyscallException.LastErrno);
            }
            other = fds[1].Revents != 0;
            return fds[0].Revents != 0;
        }
        finally
        {
            if (firstAdded)
                first.DangerousRelease();
            if (secondAdded)
                second.DangerousRelease();
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(PollFd* fds, nuint count, int timeout);
}
