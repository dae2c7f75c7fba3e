using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>memfd_create(2): anonymous files that are passed between processes and sealed against change.</summary>
public static partial class Memfd
{
    public const int F_SEAL_SEAL = 1;
    public const int F_SEAL_SHRINK = 2;
    public const int F_SEAL_GROW = 4;
    public const int F_SEAL_WRITE = 8;
    private const uint MFD_CLOEXEC = 1;
    private const uint MFD_ALLOW_SEALING = 2;

    /// <summary>An empty, sealable memory file; the name shows in /proc only.</summary>
    public static FileDescriptor Create(string name)
    {
        FileDescriptor fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd.IsInvalid ? throw new SyscallException("memfd_create", SyscallException.LastErrno) : fd;
    }

    /// <summary>A memory file with this content, which may come in parts, that nobody can change any more.</summary>
    public static FileDescriptor CreateSealed(string name, ReadOnlySpan<byte> content, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        FileDescriptor fd = Create(name);
        fd.Write(content);
        fd.Write(second);
        fd.Write(third);
        Fcntl.AddSeals(fd, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        return fd;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial FileDescriptor memfd_create(string name, uint flags);
}
