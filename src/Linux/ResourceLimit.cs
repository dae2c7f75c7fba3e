using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sys/resource.h: limits of this process.</summary>
public static unsafe partial class ResourceLimit
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>The limits by their numbers, without "RLIMIT_" (asm-generic/resource.h).</summary>
    public static readonly string[] Names =
        ["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"];

    /// <summary>Raises the soft limit of open files to the hard one; returns the number that holds now.</summary>
    public static ulong RaiseOpenFiles()
    {
        (ulong soft, ulong hard) = OpenFiles();
        if (soft >= hard)
            return soft;
        ulong* limit = stackalloc ulong[2] { hard, hard };
        _ = SyscallException.Check(setrlimit(RLIMIT_NOFILE, limit), "setrlimit RLIMIT_NOFILE");
        return hard;
    }

    /// <summary>Soft and hard limit of open files.</summary>
    public static (ulong Soft, ulong Hard) OpenFiles()
    {
        ulong* limit = stackalloc ulong[2];
        _ = SyscallException.Check(getrlimit(RLIMIT_NOFILE, limit), "getrlimit RLIMIT_NOFILE");
        return (limit[0], limit[1]);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limit);
}
