using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>
/// Owns one file descriptor, close-on-exec from birth. Thread-safe like every SafeHandle: it is closed once, after the last call that uses it.
/// </summary>
public sealed class FileDescriptor : SafeHandle
{
    /// <summary>For the marshaller: an invalid handle that a P/Invoke fills.</summary>
    public FileDescriptor() : base(-1, ownsHandle: true) { }

    /// <summary>Takes a descriptor number; closes it on dispose when <paramref name="owns"/>.</summary>
    public FileDescriptor(int fd, bool owns = true) : base(-1, owns) => SetHandle(fd);

    /// <summary>True for -1 in the low 32 bits: C returns an int, and the upper half of the register it comes in is undefined.</summary>
    public override bool IsInvalid => Number == -1;

    /// <summary>The number, for messages and for structures that the kernel reads; valid while this object is alive and not disposed.</summary>
    public int Number => unchecked((int)handle);

    /// <summary>AT_FDCWD as a handle that is never closed.</summary>
    public static FileDescriptor CurrentDirectory { get; } = new(-100, owns: false);

    /// <summary>Gives the number up: this handle no longer closes it.</summary>
    public int Release()
    {
        int fd = Number;
        SetHandleAsInvalid();
        return fd;
    }

    /// <summary>A second descriptor of the same open file description, close-on-exec (fcntl F_DUPFD_CLOEXEC).</summary>
    public FileDescriptor Duplicate() => Fcntl.Duplicate(this);

    /// <summary>Reads up to <paramref name="buffer"/>'s length; 0 is end of file. EINTR is retried.</summary>
    public int Read(Span<byte> buffer) => Unistd.Read(this, buffer);

    /// <summary>Writes all of <paramref name="data"/>.</summary>
    public void Write(ReadOnlySpan<byte> data) => Unistd.WriteAll(this, data);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Unistd.Close(Number) == 0;
}
