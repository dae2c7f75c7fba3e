using System.Text;

namespace Tare.Linux;

/// <content>Detached mounts: made and changed by descriptor, in nobody's mount table until somebody attaches them.</content>
public static partial class Mount
{
    /// <summary>fsopen, fsconfig for each option ("key" or "key=value") and fsmount: a new file system.</summary>
    public static FileDescriptor CreateDetached(string type, string source, IReadOnlyList<string> options, ulong attributes)
    {
        using FileDescriptor context = OpenFileSystem(type);
        Configure(context, FSCONFIG_SET_STRING, "source", source, type);
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                Configure(context, FSCONFIG_SET_FLAG, option, null, type);
            else
                Configure(context, FSCONFIG_SET_STRING, option[..equals], option[(equals + 1)..], type);
        }
        Configure(context, FSCONFIG_CMD_CREATE, null, null, type);
        nint mount = RawSyscall.Invoke(SyscallNumber.Fsmount, context.Number, (nint)FSMOUNT_CLOEXEC, (nint)attributes);
        return mount >= 0 ? new FileDescriptor((int)mount) : throw new SyscallException("fsmount", SyscallException.LastErrno, type);
    }

    /// <summary>
    /// mount_setattr(2) with MOUNT_ATTR_IDMAP: owners on this detached mount are seen through the maps of a user namespace. Needs a file system that can
    /// (EINVAL) and its superblock's user namespace (EPERM).
    /// </summary>
    public static unsafe Errno TryMapIds(FileDescriptor mount, FileDescriptor userNamespace, bool recursive)
    {
        ulong* attributes = stackalloc ulong[4] { MOUNT_ATTR_IDMAP, 0, 0, (ulong)userNamespace.Number };
        byte empty = 0;
        // SAFETY: struct mount_attr is four 64-bit values on this frame; the path is an empty string.
        nint result = RawSyscall.Invoke(SyscallNumber.MountSetattr, mount.Number, (nint)(&empty), (nint)(AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)), (nint)attributes, 32);
        GC.KeepAlive(mount);
        GC.KeepAlive(userNamespace);
        return result < 0 ? SyscallException.LastErrno : Errno.None;
    }

    private static unsafe FileDescriptor OpenFileSystem(string type)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(type + "\0"))
        {
            nint fd = RawSyscall.Invoke(SyscallNumber.Fsopen, (nint)name, (nint)FSOPEN_CLOEXEC);
            return fd >= 0 ? new FileDescriptor((int)fd) : throw new SyscallException("fsopen", SyscallException.LastErrno, type);
        }
    }

    private static unsafe void Configure(FileDescriptor context, int command, string? key, string? value, string type)
    {
        // SAFETY: both strings are pinned and NUL-terminated; null is passed where the command takes none.
        fixed (byte* k = Encoding.UTF8.GetBytes((key ?? "") + "\0"), v = Encoding.UTF8.GetBytes((value ?? "") + "\0"))
        {
            if (RawSyscall.Invoke(SyscallNumber.Fsconfig, context.Number, command, key is null ? 0 : (nint)k, value is null ? 0 : (nint)v, 0) < 0)
                throw new SyscallException($"fsconfig {type}", SyscallException.LastErrno, value is null ? key : $"{key}={value}");
        }
    }
}
