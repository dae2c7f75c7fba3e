using System.Text;

namespace Tare.Linux;

/// <summary>Overlay file systems as detached mounts: they are nowhere in the host's mount table and are gone with their last descriptor.</summary>
public static unsafe class Overlay
{
    /// <summary>Set once this kernel has refused lowerdir+ (it came with Linux 6.8).</summary>
    private static volatile bool s_needsMount;

    /// <summary>
    /// Mounts layers (topmost first, at least one) below a writable directory and its work directory on the same file system; without an upper
    /// directory the mount is read-only. <paramref name="isVolatile"/> leaves out every sync: for containers that are thrown away.
    /// </summary>
    public static FileDescriptor Mount(IReadOnlyList<string> lower, string? upper, string? work, bool isVolatile)
    {
        if (s_needsMount)
            return MountByPath(lower, upper, work, isVolatile);
        try
        {
            return MountByDescriptor(lower, upper, work, isVolatile);
        }
        catch (SyscallException e) when (e.Errno == Errno.EINVAL)
        {
            FileDescriptor mounted = MountByPath(lower, upper, work, isVolatile);
            s_needsMount = true;
            return mounted;
        }
    }

    private static FileDescriptor MountByDescriptor(IReadOnlyList<string> lower, string? upper, string? work, bool isVolatile)
    {
        using FileDescriptor context = Open("overlay");
        Configure(context, Linux.Mount.FSCONFIG_SET_STRING, "source", "overlay");
        foreach (string directory in lower)
            Configure(context, Linux.Mount.FSCONFIG_SET_STRING, "lowerdir+", directory);
        if (upper is not null && work is not null)
        {
            Configure(context, Linux.Mount.FSCONFIG_SET_STRING, "upperdir", upper);
            Configure(context, Linux.Mount.FSCONFIG_SET_STRING, "workdir", work);
            // A layer must be readable without this overlay: no redirects, no files that are only metadata.
            Configure(context, Linux.Mount.FSCONFIG_SET_STRING, "redirect_dir", "off");
            Configure(context, Linux.Mount.FSCONFIG_SET_STRING, "metacopy", "off");
            if (isVolatile)
                Configure(context, Linux.Mount.FSCONFIG_SET_FLAG, "volatile", null);
        }
        Configure(context, Linux.Mount.FSCONFIG_CMD_CREATE, null, null);
        nint mount = RawSyscall.Invoke(SyscallNumber.Fsmount, context.Number, (nint)Linux.Mount.FSMOUNT_CLOEXEC, 0);
        return mount >= 0 ? new FileDescriptor((int)mount) : throw new SyscallException("fsmount overlay", SyscallException.LastErrno, upper);
    }

    /// <summary>
    /// mount(2) in a mount namespace that lives as long as one thread, then a detached copy: the way for older kernels. Options fit a page, which is
    /// room for about a hundred layers.
    /// </summary>
    private static FileDescriptor MountByPath(IReadOnlyList<string> lower, string? upper, string? work, bool isVolatile)
    {
        string options = "lowerdir=" + string.Join(':', lower.Select(Escape));
        if (upper is not null && work is not null)
            options += $",upperdir={Escape(upper)},workdir={Escape(work)},redirect_dir=off,metacopy=off{(isVolatile ? ",volatile" : "")}";
        if (options.Length > 4095)
            throw new SyscallException("mount overlay: too many layers for this kernel, 6.8 has no such limit", Errno.E2BIG, upper);
        string place = upper is null ? lower[0] : Path.GetDirectoryName(upper)!;
        FileDescriptor? mounted = null;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Require(Sched.TryUnshare(Sched.CLONE_FS | Sched.CLONE_NEWNS), "unshare", null);
                Require(Linux.Mount.TryMount(null, "/", null, Linux.Mount.MS_REC | Linux.Mount.MS_PRIVATE), "mount", "/");
                Require(Linux.Mount.TryMount("overlay", place, "overlay", 0, options), "mount overlay", place);
                mounted = Linux.Mount.CloneTree(place, recursive: false);
            }
            catch (SyscallException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return mounted ?? throw failure!;
    }

    private static string Escape(string path) =>
        path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    private static void Require(Errno errno, string operation, string? target)
    {
        if (errno != Errno.None)
            throw new SyscallException(operation, errno, target);
    }

    private static FileDescriptor Open(string type)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(type + "\0"))
        {
            nint fd = RawSyscall.Invoke(SyscallNumber.Fsopen, (nint)name, (nint)Linux.Mount.FSOPEN_CLOEXEC);
            return fd >= 0 ? new FileDescriptor((int)fd) : throw new SyscallException("fsopen", SyscallException.LastErrno, type);
        }
    }

    private static void Configure(FileDescriptor context, int command, string? key, string? value)
    {
        byte[] keyBytes = Encoding.UTF8.GetBytes((key ?? "") + "\0");
        byte[] valueBytes = Encoding.UTF8.GetBytes((value ?? "") + "\0");
        // SAFETY: both strings are pinned and NUL-terminated; null is passed where the command takes none.
        fixed (byte* k = keyBytes, v = valueBytes)
        {
            nint result = RawSyscall.Invoke(SyscallNumber.Fsconfig, context.Number, command, key is null ? 0 : (nint)k, value is null ? 0 : (nint)v, 0);
            if (result < 0)
                throw new SyscallException("fsconfig overlay", SyscallException.LastErrno, value is null ? key : $"{key}={value}");
        }
    }
}
