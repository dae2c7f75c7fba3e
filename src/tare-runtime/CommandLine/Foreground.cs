using Tare.Linux;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>A process that this one stays in front of: its terminal is joined to the caller's, signals go to it, and its end is waited for.</summary>
internal static class Foreground
{
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns how the process has ended. Takes over the descriptors.</summary>
    public static ExitStatus Wait(Launched launched)
    {
        using FileDescriptor pidfd = launched.PidFd;
        SignalForward.To(pidfd);
        if (launched.Terminal is null)
            return Reap(pidfd);
        // Not disposed: two threads use them as long as this process lives.
        FileDescriptor terminal = launched.Terminal, input = new(0, owns: false), output = new(1, owns: false);
        byte[]? saved = Unistd.IsTerminal(input) ? Terminal.MakeRaw(input) : null;
        try
        {
            Resize(input, terminal);
            using IDisposable follower = SignalForward.OnResize(() => Resize(input, terminal));
            Thread reader = Copy(terminal, output);
            _ = Copy(input, terminal);
            ExitStatus status = Reap(pidfd);
            // What was written before the end is still there to be read; somebody in the background may keep the terminal open.
            _ = reader.Join(Drain);
            return status;
        }
        finally
        {
            if (saved is not null)
                Terminal.Restore(input, saved);
        }
    }

    private static ExitStatus Reap(FileDescriptor pidfd)
    {
        Errno errno = Process.TryReap(pidfd, wait: true, out ExitStatus status);
        return errno == Errno.None ? status : throw new SyscallException("waitid", errno);
    }

    private static void Resize(FileDescriptor from, FileDescriptor terminal)
    {
        (ushort rows, ushort columns) = Terminal.Size(from);
        if (rows > 0 && columns > 0)
            _ = Terminal.TryResize(terminal, rows, columns);
    }

    private static Thread Copy(FileDescriptor from, FileDescriptor to)
    {
        Thread thread = new(() =>
        {
            byte[] buffer = new byte[32 * 1024];
            // EIO is how a terminal says that nobody has its other side open any more.
            while (Unistd.TryRead(from, buffer, out int read) == Errno.None && read > 0)
                for (int done = 0; done < read;)
                {
                    if (Unistd.TryWrite(to, buffer.AsSpan(done, read - done), out int written) != Errno.None)
                        return;
                    done += written;
                }
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }
}
