using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sys/mman.h: a file's bytes as memory. What is stored is in the file at once, whatever happens to this process. Not thread-safe.</summary>
public sealed partial class MappedFile : IDisposable
{
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int MAP_SHARED = 1;
    private readonly int _length;
    private nint _start;

    /// <summary>Maps the first <paramref name="length"/> bytes of a file that is open for reading and writing; a shorter file grows.</summary>
    public MappedFile(FileDescriptor file, int length)
    {
        Unistd.Truncate(file, length);
        _length = length;
        _start = mmap(0, (nuint)length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (_start == -1)
            throw new SyscallException("mmap", SyscallException.LastErrno);
    }

    /// <summary>The bytes; not to be used after <see cref="Dispose"/>.</summary>
    public unsafe Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == 0, this);
            // SAFETY: the mapping has this length and lasts until Dispose.
            return new Span<byte>((void*)_start, _length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start != 0)
            _ = munmap(_start, (nuint)_length);
        _start = 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, FileDescriptor fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);
}
