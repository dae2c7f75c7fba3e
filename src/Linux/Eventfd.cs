using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sys/eventfd.h: a counter that whoever reads it waits for.</summary>
public static partial class Eventfd
{
    private const int EFD_CLOEXEC = 0x80000;

    /// <summary>A counter at 0: reads of 8 bytes wait until something has been added.</summary>
    public static FileDescriptor Create()
    {
        FileDescriptor fd = eventfd(0, EFD_CLOEXEC);
        return fd.IsInvalid ? throw new SyscallException("eventfd", SyscallException.LastErrno) : fd;
    }

    /// <summary>Adds one.</summary>
    public static void Signal(FileDescriptor counter) => counter.Write([1, 0, 0, 0, 0, 0, 0, 0]);

    [LibraryImport("libc", SetLastError = true)]
    private static partial FileDescriptor eventfd(uint value, int flags);
}
