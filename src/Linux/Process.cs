using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>How a process ended: its exit code, or the signal that killed it.</summary>
public readonly record struct ExitStatus(int Code, int Signal)
{
    /// <summary>The shell's convention: the code, or 128 plus the signal.</summary>
    public int ShellCode => Signal == 0 ? Code : 128 + Signal;
}

/// <summary>Process descriptors: pidfd_open, pidfd_send_signal, waitid, prctl.</summary>
public static partial class Process
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    private static readonly bool s_tellsExit = Environment.OSVersion.Version >= new Version(6, 15);
    private const int P_PIDFD = 3;
    private const int WNOHANG = 1;
    private const int WEXITED = 4;
    private const int WNOWAIT = 0x1000000;
    private const int PR_SET_CHILD_SUBREAPER = 36;

    /// <summary>pidfd_open(2); ESRCH when there is no such process.</summary>
    public static Errno TryOpen(int pid, out FileDescriptor pidfd)
    {
        nint result = RawSyscall.Invoke(SyscallNumber.PidfdOpen, pid);
        pidfd = result < 0 ? new FileDescriptor() : new FileDescriptor((int)result);
        return result < 0 ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>pidfd_send_signal(2); ESRCH when the process is gone. Signal 0 only asks.</summary>
    public static Errno TrySignal(FileDescriptor pidfd, int signal)
    {
        nint result = RawSyscall.Invoke(SyscallNumber.PidfdSendSignal, pidfd.Number, signal);
        GC.KeepAlive(pidfd);
        return result < 0 ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>kill(2).</summary>
    public static Errno TryKill(int pid, int signal) => kill(pid, signal) == 0 ? Errno.None : SyscallException.LastErrno;

    /// <summary>pidfd_getfd(2): a copy of another process's descriptor; needs the right to trace it.</summary>
    public static Errno TryFetch(FileDescriptor pidfd, int number, out FileDescriptor fetched)
    {
        nint result = RawSyscall.Invoke(SyscallNumber.PidfdGetfd, pidfd.Number, number);
        GC.KeepAlive(pidfd);
        fetched = result < 0 ? new FileDescriptor() : new FileDescriptor((int)result);
        return result < 0 ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>How a child has ended, without reaping it; false while it runs.</summary>
    public static unsafe bool TryPeek(FileDescriptor pidfd, out ExitStatus status)
    {
        int* information = stackalloc int[32];
        information[0] = 0;
        bool ended = waitid(P_PIDFD, pidfd.Number, information, WEXITED | WNOHANG | WNOWAIT) == 0 && information[0] != 0;
        // SAFETY: the layout is TryReap's.
        status = !ended ? default : information[2] == 1 ? new ExitStatus(information[6], 0) : new ExitStatus(0, information[6]);
        return ended;
    }

    /// <summary>One of the children that have ended, without reaping it; false when none has.</summary>
    public static unsafe bool TryPeekAny(out int pid)
    {
        int* information = stackalloc int[32];
        information[0] = 0;
        // SAFETY: the layout is TryReap's.
        bool ended = waitid(0 /* P_ALL */, 0, information, WEXITED | WNOHANG | WNOWAIT) == 0 && information[0] != 0;
        pid = information[4];
        return ended;
    }

    /// <summary>Reaps a child that has ended; EAGAIN when it still runs, ECHILD when it is not ours.</summary>
    public static unsafe Errno TryReap(FileDescriptor pidfd, bool wait, out ExitStatus status)
    {
        int* information = stackalloc int[32];
        status = default;
        information[0] = 0;
        int result;
        do
            result = waitid(P_PIDFD, pidfd.Number, information, WEXITED | (wait ? 0 : WNOHANG));
        while (result < 0 && SyscallException.LastErrno == Errno.EINTR);
        if (result < 0)
            return SyscallException.LastErrno;
        if (information[0] == 0)
            return Errno.EAGAIN;
        // SAFETY: siginfo_t: si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status.
        int code = information[2];
        int value = information[6];
        status = code == 1 /* CLD_EXITED */ ? new ExitStatus(value, 0) : new ExitStatus(0, value);
        return Errno.None;
    }

    /// <summary>The number of a pidfd's process as this process sees it (proc_pid_fdinfo(5)); -1 when it has been reaped.</summary>
    public static int NumberOf(FileDescriptor pidfd)
    {
        string line = File.ReadLines($"/proc/self/fdinfo/{pidfd.Number}").First(line => line.StartsWith("Pid:", StringComparison.Ordinal));
        return int.Parse(line.AsSpan(4).Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for the end of a child whose end raises no signal, and reaps it.</summary>
    public static unsafe void ReapSilent(int pid)
    {
        int* information = stackalloc int[32];
        while (waitid(1 /* P_PID */, pid, information, WEXITED | 0x40000000 /* __WALL */) < 0 && SyscallException.LastErrno == Errno.EINTR)
        {
        }
    }

    /// <summary>
    /// How a process ended that somebody else has reaped (PIDFD_GET_INFO, Linux 6.15): EAGAIN while it runs or waits to be reaped, ENOSYS where the
    /// kernel cannot tell.
    /// </summary>
    public static unsafe Errno TryReadExit(FileDescriptor pidfd, out ExitStatus status)
    {
        const uint PIDFD_GET_INFO = 0xC040FF0B;
        const ulong PIDFD_INFO_EXIT = 8;
        // SAFETY: struct pidfd_info, first version, 64 bytes: mask, cgroup, 11 ids, exit status.
        byte* information = stackalloc byte[64];
        new Span<byte>(information, 64).Clear();
        *(ulong*)information = PIDFD_INFO_EXIT;
        status = default;
        nint result = RawSyscall.Invoke(SyscallNumber.Ioctl, pidfd.Number, unchecked((nint)PIDFD_GET_INFO), (nint)information);
        GC.KeepAlive(pidfd);
        // ESRCH: reaped, and the kernel keeps nothing of it.
        if (result < 0)
            return Errno.ENOSYS;
        if ((*(ulong*)information & PIDFD_INFO_EXIT) == 0)
            return s_tellsExit ? Errno.EAGAIN : Errno.ENOSYS;
        int wait = *(int*)(information + 60);
        status = new ExitStatus((wait >> 8) & 0xff, wait & 0x7f);
        return Errno.None;
    }

    /// <summary>Makes this process the parent of orphaned descendants.</summary>
    public static void BecomeSubreaper() => SyscallException.Check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl PR_SET_CHILD_SUBREAPER");

    /// <summary>Tells the kernel how readily this process is killed when memory runs out, -1000 (never) to 1000.</summary>
    public static void SetName(string name) => SyscallException.Check(prctl_name(15, name, 0, 0, 0), "prctl PR_SET_NAME");

    /// <summary>setsid(2): leaves the terminal and the process group of the caller.</summary>
    public static void StartSession() => _ = setsid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int waitid(int type, int id, int* information, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint a2, nint a3, nint a4, nint a5);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int prctl_name(int option, string name, nint a3, nint a4, nint a5);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();
}
