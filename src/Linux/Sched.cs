using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sched.h: namespaces of the calling thread.</summary>
public static partial class Sched
{
    public const ulong CLONE_NEWTIME = 0x80;
    public const ulong CLONE_VM = 0x100;
    public const ulong CLONE_FS = 0x200;
    public const ulong CLONE_FILES = 0x400;
    public const ulong CLONE_PIDFD = 0x1000;
    public const ulong CLONE_VFORK = 0x4000;
    public const ulong CLONE_PARENT = 0x8000;
    public const ulong CLONE_NEWNS = 0x20000;
    public const ulong CLONE_SETTLS = 0x80000;
    public const ulong CLONE_NEWCGROUP = 0x2000000;
    public const ulong CLONE_NEWUTS = 0x4000000;
    public const ulong CLONE_NEWIPC = 0x8000000;
    public const ulong CLONE_NEWUSER = 0x10000000;
    public const ulong CLONE_NEWPID = 0x20000000;
    public const ulong CLONE_NEWNET = 0x40000000;
    public const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    public const ulong CLONE_INTO_CGROUP = 0x200000000;

    /// <summary>setns(2): moves the calling thread into namespaces of a namespace file or a pidfd.</summary>
    public static Errno TryJoin(FileDescriptor target, ulong kinds) => setns(target, (int)kinds) == 0 ? Errno.None : SyscallException.LastErrno;

    /// <summary>unshare(2): new namespaces for the calling thread.</summary>
    public static Errno TryUnshare(ulong kinds) => unshare((int)kinds) == 0 ? Errno.None : SyscallException.LastErrno;

    /// <summary>ioctl NS_GET_NSTYPE: which CLONE_NEW… a namespace file stands for; ENOTTY when it is none.</summary>
    public static Errno TryGetKind(FileDescriptor ns, out ulong kind)
    {
        int result = ioctl(ns, 0xb703, 0);
        kind = result < 0 ? 0 : (ulong)result;
        return result < 0 ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>
    /// Sends a process that has not begun to run to the processors that this thread is not on (sched_setaffinity(2)), where there are others: a kernel that leaves it on
    /// its parent's lets it begin when the parent waits.
    /// </summary>
    public static unsafe void TrySendElsewhere(int pid)
    {
        const int Words = 128;
        ulong* set = stackalloc ulong[Words];
        int here = sched_getcpu();
        if (here is < 0 or >= Words * 64 || sched_getaffinity(0, Words * 8, set) != 0)
            return;
        set[here / 64] &= ~(1ul << (here % 64));
        // EINVAL when none is left.
        _ = sched_setaffinity(pid, Words * 8, set);
    }

    [LibraryImport("libc")]
    private static partial int sched_getcpu();

    [LibraryImport("libc")]
    private static unsafe partial int sched_getaffinity(int pid, nuint size, ulong* set);

    [LibraryImport("libc")]
    private static unsafe partial int sched_setaffinity(int pid, nuint size, ulong* set);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(FileDescriptor fd, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(FileDescriptor fd, int kinds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int kinds);
}
