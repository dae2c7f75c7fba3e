using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>fcntl.h: opening files. Paths below a root that somebody else controls go through <see cref="OpenInRoot"/> only.</summary>
public static partial class Fcntl
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0x10000 : 0x4000;
    public static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0x20000 : 0x8000;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;
    public const int O_TMPFILE_BIT = 0x400000;

    public const ulong RESOLVE_NO_XDEV = 1;
    public const ulong RESOLVE_NO_MAGICLINKS = 2;
    public const ulong RESOLVE_NO_SYMLINKS = 4;
    public const ulong RESOLVE_BENEATH = 8;
    public const ulong RESOLVE_IN_ROOT = 16;

    private const uint SYNC_FILE_RANGE_WRITE = 2;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int F_GETFD = 1;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    /// <summary>Opens a path of the host, close-on-exec.</summary>
    public static FileDescriptor Open(string path, int flags, uint mode = 0) => OpenAt(FileDescriptor.CurrentDirectory, path, flags, mode);

    /// <summary>openat(2) of a trusted path relative to a directory.</summary>
    public static FileDescriptor OpenAt(FileDescriptor directory, string path, int flags, uint mode = 0)
    {
        Errno errno = TryOpenAt(directory, path, flags, mode, out FileDescriptor fd);
        return errno == Errno.None ? fd : throw new SyscallException("open", errno, path);
    }

    /// <summary>As <see cref="OpenAt"/>, returning the error number.</summary>
    public static Errno TryOpenAt(FileDescriptor directory, string path, int flags, uint mode, out FileDescriptor fd)
    {
        fd = openat(directory, path, flags | O_CLOEXEC, mode);
        return fd.IsInvalid ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>
    /// openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS: symbolic links, ".." and absolute paths stay below <paramref name="root"/>,
    /// whatever its content's author intended.
    /// </summary>
    public static FileDescriptor OpenInRoot(FileDescriptor root, string path, int flags, uint mode = 0)
    {
        Errno errno = TryOpenInRoot(root, path, flags, mode, out FileDescriptor fd);
        return errno == Errno.None ? fd : throw new SyscallException("openat2", errno, path);
    }

    /// <summary>As <see cref="OpenInRoot"/>, returning the error number.</summary>
    public static Errno TryOpenInRoot(FileDescriptor root, string path, int flags, uint mode, out FileDescriptor fd) =>
        TryOpen2(root, path.Length == 0 ? "." : path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, out fd);

    /// <summary>openat2(2) with any RESOLVE_ flags. EAGAIN (a rename raced with "..") is retried.</summary>
    public static unsafe Errno TryOpen2(FileDescriptor directory, string path, int flags, uint mode, ulong resolve, out FileDescriptor fd)
    {
        ulong* how = stackalloc ulong[3];
        how[0] = (ulong)(uint)(flags | O_CLOEXEC);
        how[1] = (flags & (O_CREAT | O_TMPFILE_BIT)) != 0 ? mode : 0u;
        how[2] = resolve;
        byte[] name = FileName.Encode(path + "\0");
        bool added = false;
        directory.DangerousAddRef(ref added);
        try
        {
            // SAFETY: name and how outlive the call; the directory handle is referenced.
            fixed (byte* start = name)
            {
                for (int tries = 0; ; tries++)
                {
                    nint result = RawSyscall.Invoke(SyscallNumber.Openat2, directory.Number, (nint)start, (nint)how, 24);
                    if (result >= 0)
                    {
                        fd = new FileDescriptor((int)result);
                        return Errno.None;
                    }
                    Errno errno = SyscallException.LastErrno;
                    if (errno is Errno.EINTR || (errno == Errno.EAGAIN && tries < 128))
                        continue;
                    fd = new FileDescriptor();
                    return errno;
                }
            }
        }
        finally
        {
            if (added)
                directory.DangerousRelease();
        }
    }

    /// <summary>Switches O_NONBLOCK of the open file description.</summary>
    public static void SetNonBlocking(FileDescriptor fd, bool on = true)
    {
        int flags = SyscallException.Check(fcntl(fd, F_GETFL, 0), "fcntl");
        _ = SyscallException.Check(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), "fcntl");
    }

    /// <summary>flock(2), exclusive, without waiting: EAGAIN when another open file has it. It lasts as long as the open file.</summary>
    public static Errno TryLock(FileDescriptor file) => flock(file, 2 | 4) == 0 ? Errno.None : SyscallException.LastErrno;

    /// <summary>
    /// True for a descriptor that has come through an execve: it is open and not close-on-exec, as all that this process has opened are (fcntl F_GETFD).
    /// </summary>
    public static bool IsInherited(FileDescriptor fd) => fcntl(fd, F_GETFD, 0) == 0;

    /// <summary>fcntl F_ADD_SEALS on a memfd.</summary>
    public static void AddSeals(FileDescriptor fd, int seals) => SyscallException.Check(fcntl(fd, 1033, seals), "fcntl F_ADD_SEALS");

    /// <summary>A copy whose number is at least <paramref name="least"/>.</summary>
    public static FileDescriptor DuplicateAbove(FileDescriptor fd, int least) => new(SyscallException.Check(fcntl(fd, F_DUPFD_CLOEXEC, least), "dup"));

    /// <summary>
    /// sync_file_range(2): begins to write a part of a file to its disk, so that a later fsync has less to wait for. Advice only: an error changes nothing.
    /// </summary>
    public static void StartWriteback(SafeHandle file, long offset, long length) => _ = sync_file_range(file, offset, length, SYNC_FILE_RANGE_WRITE);

    internal static FileDescriptor Duplicate(FileDescriptor fd) => new(SyscallException.Check(fcntl(fd, F_DUPFD_CLOEXEC, 3), "dup"));

    /// <summary>
    /// fallocate(2) with FALLOC_FL_KEEP_SIZE: gives a file its first <paramref name="length"/> bytes on the disk without making it longer, so that
    /// writing them later needs no room.
    /// </summary>
    public static Errno TryReserve(FileDescriptor file, long length) => fallocate(file, 1, 0, length) == 0 ? Errno.None : SyscallException.LastErrno;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(FileDescriptor file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial FileDescriptor openat(FileDescriptor dir, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(FileDescriptor fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(FileDescriptor fd, int command, int argument);

    [LibraryImport("libc")]
    private static partial int sync_file_range(SafeHandle file, long offset, long length, uint flags);
}
