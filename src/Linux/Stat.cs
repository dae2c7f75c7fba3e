using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>The part of statx(2)'s answer that Tare uses.</summary>
public readonly record struct FileStatus(
    uint Mode, uint UserId, uint GroupId, ulong Inode, ulong Size, uint Links, uint DeviceMajor, uint DeviceMinor, uint RdevMajor, uint RdevMinor,
    long ModifiedSeconds, uint ModifiedNanoseconds, long ChangedSeconds, uint ChangedNanoseconds, ulong Blocks, ulong MountId)
{
    public const uint S_IFMT = 0xF000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFSOCK = 0xC000;

    /// <summary>S_IFMT part of the mode.</summary>
    public uint Type => Mode & S_IFMT;

    public bool IsDirectory => Type == S_IFDIR;
    public bool IsRegular => Type == S_IFREG;
    public bool IsSymlink => Type == S_IFLNK;
    public bool IsDevice => Type is S_IFCHR or S_IFBLK;
}

/// <summary>sys/stat.h: statx, directories, nodes, modes and times.</summary>
public static partial class Stat
{
    public const ulong ST_NOATIME = 0x400;
    public const ulong ST_NODIRATIME = 0x800;
    public const ulong ST_RELATIME = 0x1000;
    public const long CGROUP2_SUPER_MAGIC = 0x63677270;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;
    private const uint STATX_MNT_ID = 0x1000;

    /// <summary>Status of the open file itself.</summary>
    public static FileStatus Of(FileDescriptor fd)
    {
        Errno errno = TryOf(fd, "", out FileStatus status);
        return errno == Errno.None ? status : throw new SyscallException("statx", errno);
    }

    /// <summary>Status of a name in a directory, links not followed; of the handle itself with an empty name.</summary>
    public static unsafe Errno TryOf(FileDescriptor directory, string name, out FileStatus status)
    {
        byte* raw = stackalloc byte[256];
        int result = statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, raw);
        if (result < 0)
        {
            status = default;
            return SyscallException.LastErrno;
        }
        // SAFETY: offsets of struct statx in linux/stat.h; the kernel filled 256 bytes.
        status = new FileStatus(
            Mode: *(ushort*)(raw + 28), UserId: *(uint*)(raw + 20), GroupId: *(uint*)(raw + 24), Inode: *(ulong*)(raw + 32), Size: *(ulong*)(raw + 40),
            Links: *(uint*)(raw + 16), DeviceMajor: *(uint*)(raw + 136), DeviceMinor: *(uint*)(raw + 140),
            RdevMajor: *(uint*)(raw + 128), RdevMinor: *(uint*)(raw + 132),
            ModifiedSeconds: *(long*)(raw + 112), ModifiedNanoseconds: *(uint*)(raw + 120),
            ChangedSeconds: *(long*)(raw + 96), ChangedNanoseconds: *(uint*)(raw + 104),
            Blocks: *(ulong*)(raw + 48), MountId: *(ulong*)(raw + 144));
        return Errno.None;
    }

    /// <summary>statfs(2): the magic number of the file system that a path is on (linux/magic.h), or 0 when there is no such path.</summary>
    public static unsafe long FileSystemType(string path)
    {
        byte* raw = stackalloc byte[120];
        // SAFETY: struct statfs is 120 bytes and begins with f_type.
        return statfs(path, raw) == 0 ? *(long*)raw : 0;
    }

    /// <summary>fstatfs(2): the flags of the mount that a file is on (ST_…).</summary>
    public static unsafe ulong MountFlags(FileDescriptor fd)
    {
        byte* raw = stackalloc byte[120];
        // SAFETY: struct statfs is 120 bytes, f_flags is at 80 on both supported architectures.
        return fstatfs(fd, raw) == 0 ? *(ulong*)(raw + 80) : throw new SyscallException("fstatfs", SyscallException.LastErrno);
    }

    /// <summary>mkdirat(2); the mode is subject to the umask.</summary>
    public static Errno TryMakeDirectory(FileDescriptor directory, string name, uint mode) => Result(mkdirat(directory, name, mode));

    /// <summary>mknodat(2): fifo, socket or device node; the type is part of <paramref name="mode"/>.</summary>
    public static Errno TryMakeNode(FileDescriptor directory, string name, uint mode, uint major = 0, uint minor = 0) =>
        Result(mknodat(directory, name, mode, MakeDevice(major, minor)));

    /// <summary>fchmod(2) of an open file.</summary>
    public static Errno TryChmod(FileDescriptor fd, uint mode) => Result(fchmod(fd, mode));

    /// <summary>fchmodat(2) of a name that is no symbolic link (the caller made or checked it).</summary>
    public static Errno TryChmodAt(FileDescriptor directory, string name, uint mode) => Result(fchmodat(directory, name, mode, 0));

    /// <summary>Sets the mode of a name without ever following a link: through an O_PATH handle, so a swap of the name does no harm.</summary>
    public static Errno TryChmodNoFollow(FileDescriptor directory, string name, uint mode)
    {
        Errno errno = Fcntl.TryOpenAt(directory, name, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened);
        using FileDescriptor handle = opened;
        return errno != Errno.None ? errno : Result(fchmodat(FileDescriptor.CurrentDirectory, $"/proc/self/fd/{handle.Number}", mode, 0));
    }

    /// <summary>utimensat(2), links not followed; an empty name sets the handle itself.</summary>
    public static unsafe Errno TrySetTimes(FileDescriptor directory, string name, long accessSeconds, long accessNanos, long modifySeconds, long modifyNanos)
    {
        long* times = stackalloc long[] { accessSeconds, accessNanos, modifySeconds, modifyNanos };
        return Result(utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
    }

    /// <summary>umask(2) of this process; returns the old one.</summary>
    public static uint SetUmask(uint mask) => umask(mask);

    /// <summary>gnu_dev_makedev(3).</summary>
    public static ulong MakeDevice(uint major, uint minor) =>
        ((ulong)(major & 0xfff) << 8) | (minor & 0xff) | ((ulong)(minor & ~0xffu) << 12) | ((ulong)(major & ~0xfffu) << 32);

    private static Errno Result(int result) => result == 0 ? Errno.None : SyscallException.LastErrno;

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial int statfs(string path, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fstatfs(FileDescriptor fd, byte* status);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial int statx(FileDescriptor dir, string name, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int mkdirat(FileDescriptor dir, string name, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int mknodat(FileDescriptor dir, string name, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(FileDescriptor fd, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int fchmodat(FileDescriptor dir, string name, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial int utimensat(FileDescriptor dir, string name, long* times, int flags);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
