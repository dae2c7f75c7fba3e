namespace Tare.Linux;

/// <summary>A system call failed in a way the caller did not expect; thrown by this project only, caught and given meaning above it.</summary>
public sealed class SyscallException : Exception
{
    /// <summary>Records the failed operation; <paramref name="target"/> is the path or object it was applied to.</summary>
    public SyscallException(string operation, Errno errno, string? target = null)
        : base(target is null ? $"{operation}: {errno.Describe()}" : $"{operation} {target}: {errno.Describe()}")
    {
        Operation = operation;
        Errno = errno;
        Target = target;
    }

    /// <summary>The system call or step, "openat2".</summary>
    public string Operation { get; }

    /// <summary>The error number the kernel returned.</summary>
    public Errno Errno { get; }

    /// <summary>What it was applied to, or null.</summary>
    public string? Target { get; }

    /// <summary>Throws when <paramref name="result"/> is negative, reading errno of the last P/Invoke that set it.</summary>
    public static nint Check(nint result, string operation, string? target = null) =>
        result < 0 ? throw new SyscallException(operation, LastErrno, target) : result;

    /// <inheritdoc cref="Check(nint, string, string?)"/>
    public static int Check(int result, string operation, string? target = null) =>
        result < 0 ? throw new SyscallException(operation, LastErrno, target) : result;

    /// <summary>errno of the last P/Invoke declared with SetLastError.</summary>
    public static Errno LastErrno => (Errno)System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
}
