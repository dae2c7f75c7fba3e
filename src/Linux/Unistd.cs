using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>unistd.h: descriptors, links and process identity. Calls retry EINTR; Try… variants return the error number instead of throwing.</summary>
public static partial class Unistd
{
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>Reads once; 0 at end of file.</summary>
    public static unsafe int Read(FileDescriptor fd, Span<byte> buffer)
    {
        Errno errno = TryRead(fd, buffer, out int read);
        return errno == Errno.None ? read : throw new SyscallException("read", errno);
    }

    /// <summary>Reads once, returning the error number: EAGAIN on an empty non-blocking descriptor, EIO on a hung-up terminal.</summary>
    public static unsafe Errno TryRead(FileDescriptor fd, Span<byte> buffer, out int read)
    {
        // SAFETY: the pinned span outlives the call and its length bounds the kernel's writes.
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint n = read_(fd, start, (nuint)buffer.Length);
                read = (int)Math.Max(n, 0);
                if (n >= 0)
                    return Errno.None;
                if (SyscallException.LastErrno != Errno.EINTR)
                    return SyscallException.LastErrno;
            }
        }
    }

    /// <summary>Writes once, returning how much was taken.</summary>
    public static unsafe Errno TryWrite(FileDescriptor fd, ReadOnlySpan<byte> data, out int written)
    {
        // SAFETY: as in TryRead; the kernel only reads.
        fixed (byte* start = data)
        {
            while (true)
            {
                nint n = write_(fd, start, (nuint)data.Length);
                written = (int)Math.Max(n, 0);
                if (n >= 0)
                    return Errno.None;
                if (SyscallException.LastErrno != Errno.EINTR)
                    return SyscallException.LastErrno;
            }
        }
    }

    /// <summary>Writes everything to a blocking descriptor.</summary>
    public static void WriteAll(FileDescriptor fd, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Errno errno = TryWrite(fd, data, out int written);
            if (errno != Errno.None)
                throw new SyscallException("write", errno);
            data = data[written..];
        }
    }

    /// <summary>pipe2(2), close-on-exec: the reading and the writing end.</summary>
    public static unsafe (FileDescriptor Read, FileDescriptor Write) Pipe(int flags = 0)
    {
        int* ends = stackalloc int[2];
        _ = SyscallException.Check(pipe2(ends, flags | Fcntl.O_CLOEXEC), "pipe2");
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    /// <summary>unlinkat(2); <paramref name="flags"/> AT_REMOVEDIR removes an empty directory.</summary>
    public static Errno TryUnlink(FileDescriptor directory, string name, int flags = 0) => Result(unlinkat(directory, name, flags));

    /// <summary>renameat(2) within or across directories of one file system.</summary>
    public static Errno TryRename(FileDescriptor from, string name, FileDescriptor to, string newName) => Result(renameat(from, name, to, newName));

    /// <summary>linkat(2): a second name for the file that <paramref name="name"/> is.</summary>
    public static Errno TryLink(FileDescriptor from, string name, FileDescriptor to, string newName, int flags = 0) =>
        Result(linkat(from, name, to, newName, flags));

    /// <summary>symlinkat(2); the target is not interpreted.</summary>
    public static Errno TrySymlink(string target, FileDescriptor directory, string name) => Result(symlinkat(target, directory, name));

    /// <summary>readlinkat(2) of a link in a directory, or of the handle itself with an empty name.</summary>
    public static unsafe Errno TryReadLink(FileDescriptor directory, string name, out string target)
    {
        const int Max = 4096;
        byte* buffer = stackalloc byte[Max];
        nint n = readlinkat(directory, name, buffer, Max);
        target = n >= 0 ? FileName.Decode(new ReadOnlySpan<byte>(buffer, (int)n)) : "";
        return n >= 0 ? Errno.None : SyscallException.LastErrno;
    }

    /// <summary>fchownat(2) without following a link; with an empty name, the handle itself.</summary>
    public static Errno TryChown(FileDescriptor directory, string name, uint uid, uint gid) =>
        Result(fchownat(directory, name, uid, gid, AT_EMPTY_PATH | 0x100 /* AT_SYMLINK_NOFOLLOW */));

    /// <summary>fsync(2).</summary>
    public static void Sync(FileDescriptor fd) => SyscallException.Check(fsync(fd), "fsync");

    /// <summary>lseek(2) from the start.</summary>
    public static void Seek(FileDescriptor fd, long offset) => SyscallException.Check((nint)lseek(fd, offset, 0), "lseek");

    /// <summary>ftruncate(2), in bytes.</summary>
    public static void Truncate(FileDescriptor fd, long length) => SyscallException.Check(ftruncate(fd, length), "ftruncate");

    /// <summary>True when the descriptor is a terminal.</summary>
    public static bool IsTerminal(FileDescriptor fd) => isatty(fd) == 1;

    /// <summary>Effective user id of this process.</summary>
    public static uint EffectiveUserId => geteuid();

    /// <summary>execv(3): this process becomes another program with the same environment. Returns only when that fails.</summary>
    public static unsafe Errno TryExecute(string path, IReadOnlyList<string> arguments)
    {
        byte[][] words = [FileName.Encode(path + "\0"), .. arguments.Select(argument => FileName.Encode(argument + "\0"))];
        var pins = new GCHandle[words.Length];
        nint* argv = stackalloc nint[words.Length + 1];
        for (int i = 0; i < words.Length; i++)
        {
            pins[i] = GCHandle.Alloc(words[i], GCHandleType.Pinned);
            argv[i] = pins[i].AddrOfPinnedObject();
        }
        argv[words.Length] = 0;
        // SAFETY: every word ends with a zero byte and is pinned until the call returns.
        int result = execv((byte*)argv[0], argv);
        foreach (GCHandle pin in pins)
            pin.Free();
        return Result(result);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int execv(byte* path, nint* argv);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    private static Errno Result(int result) => result == 0 ? Errno.None : SyscallException.LastErrno;

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint read_(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint write_(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int unlinkat(FileDescriptor dir, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int renameat(FileDescriptor from, string name, FileDescriptor to, string newName);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int linkat(FileDescriptor from, string name, FileDescriptor to, string newName, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int symlinkat(string target, FileDescriptor dir, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial nint readlinkat(FileDescriptor dir, string name, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int fchownat(FileDescriptor dir, string name, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(FileDescriptor fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(FileDescriptor fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(FileDescriptor fd, long length);

    [LibraryImport("libc")]
    private static partial int isatty(FileDescriptor fd);

    /// <summary>Effective group id of this process.</summary>
    public static uint EffectiveGroupId => getegid();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();
}
