using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>signal.h: sending signals to processes by number.</summary>
public static partial class Signal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGWINCH = 28;

    /// <summary>kill(2); ESRCH when the process is gone.</summary>
    public static Errno TryKill(int pid, int signal) => kill(pid, signal) == 0 ? Errno.None : SyscallException.LastErrno;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
