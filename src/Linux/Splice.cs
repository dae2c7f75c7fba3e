using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>tee(2) and splice(2): looking at what a pipe holds without taking it, and taking it without looking.</summary>
public static partial class Splice
{
    private const uint SPLICE_F_NONBLOCK = 2;

    /// <summary>Copies what a pipe holds to another pipe; it stays in the first. EAGAIN when nothing is there, 0 bytes when nobody can write any more.</summary>
    public static Errno TryTee(FileDescriptor from, FileDescriptor to, int most, out int copied)
    {
        nint n;
        do
            n = tee(from, to, (nuint)most, SPLICE_F_NONBLOCK);
        while (n < 0 && SyscallException.LastErrno == Errno.EINTR);
        copied = (int)Math.Max(n, 0);
        return n < 0 ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>Moves bytes out of a pipe, to /dev/null for instance.</summary>
    public static Errno TryMove(FileDescriptor from, FileDescriptor to, int most, out int moved)
    {
        nint n;
        do
            n = splice(from, 0, to, 0, (nuint)most, SPLICE_F_NONBLOCK);
        while (n < 0 && SyscallException.LastErrno == Errno.EINTR);
        moved = (int)Math.Max(n, 0);
        return n < 0 ? SyscallException.LastErrno : Errno.None;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint tee(FileDescriptor from, FileDescriptor to, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint splice(FileDescriptor from, nint fromOffset, FileDescriptor to, nint toOffset, nuint length, uint flags);
}
