using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sys/mount.h and the descriptor-based mount calls (open_tree, fsopen, move_mount, mount_setattr).</summary>
public static partial class Mount
{
    public const ulong MS_RDONLY = 1;
    public const ulong MS_NOSUID = 2;
    public const ulong MS_NODEV = 4;
    public const ulong MS_NOEXEC = 8;
    public const ulong MS_REMOUNT = 32;
    public const ulong MS_BIND = 4096;
    public const ulong MS_MOVE = 8192;
    public const ulong MS_REC = 16384;
    public const ulong MS_UNBINDABLE = 1 << 17;
    public const ulong MS_PRIVATE = 1 << 18;
    public const ulong MS_SLAVE = 1 << 19;
    public const ulong MS_SHARED = 1 << 20;
    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;
    public const uint OPEN_TREE_CLONE = 1;
    public const uint OPEN_TREE_CLOEXEC = 0x80000;
    public const uint AT_RECURSIVE = 0x8000;
    public const uint AT_EMPTY_PATH = 0x1000;
    public const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    public const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const int FSCONFIG_SET_FLAG = 0;
    public const int FSCONFIG_SET_STRING = 1;
    public const int FSCONFIG_SET_FD = 5;
    public const int FSCONFIG_CMD_CREATE = 6;
    public const ulong MOUNT_ATTR_RDONLY = 1;
    public const ulong MOUNT_ATTR_NOSUID = 2;
    public const ulong MOUNT_ATTR_NODEV = 4;
    public const ulong MOUNT_ATTR_NOEXEC = 8;
    public const ulong MOUNT_ATTR_NOATIME = 0x10;
    public const ulong MOUNT_ATTR_STRICTATIME = 0x20;
    public const ulong MOUNT_ATTR_ATIME_MASK = 0x70;
    public const ulong MOUNT_ATTR_NODIRATIME = 0x80;
    public const ulong MOUNT_ATTR_IDMAP = 0x100000;
    public const ulong MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    /// <summary>mount(2) on a host path.</summary>
    public static Errno TryMount(string? source, string target, string? type, ulong flags, string? data = null) =>
        Result(mount(source, target, type, flags, data));

    /// <summary>open_tree(2): a detached copy of the mount at a host path, with what is mounted below it when <paramref name="recursive"/>.</summary>
    public static unsafe FileDescriptor CloneTree(string path, bool recursive)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(path + "\0");
        // SAFETY: the name is pinned and NUL-terminated.
        fixed (byte* start = name)
        {
            nint fd = RawSyscall.Invoke(SyscallNumber.OpenTree, -100, (nint)start, (nint)(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0)));
            return fd >= 0 ? new FileDescriptor((int)fd) : throw new SyscallException("open_tree", SyscallException.LastErrno, path);
        }
    }

    /// <summary>As <see cref="CloneTree(string, bool)"/>, of what is open, O_PATH or otherwise.</summary>
    public static unsafe FileDescriptor CloneTree(FileDescriptor tree, bool recursive)
    {
        byte empty = 0;
        // SAFETY: the path is an empty string on this frame.
        nint fd = RawSyscall.Invoke(SyscallNumber.OpenTree, tree.Number, (nint)(&empty),
            (nint)(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)));
        GC.KeepAlive(tree);
        return fd >= 0 ? new FileDescriptor((int)fd) : throw new SyscallException("open_tree", SyscallException.LastErrno, null);
    }

    /// <summary>umount2(2).</summary>
    public static Errno TryUnmount(string target, int flags = 0) => Result(umount2(target, flags));

    private static Errno Result(int result) => result == 0 ? Errno.None : SyscallException.LastErrno;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
