using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Paths that the container must not see (an empty file or directory lies on them) or must not write.</summary>
internal static class MaskSteps
{
    public static void Emit(Compilation c)
    {
        foreach (string path in c.Linux.ReadonlyPaths ?? [])
            MakeReadOnly(c, path);
        if (c.Linux.MaskedPaths is not { Count: > 0 } masked)
            return;
        // The host's own /dev/null, opened while the host's root is still "/": nothing in the image can stand in for it (CVE-2025-31133).
        Slot nothing = c.Program.Call(SyscallNumber.Openat, "openat", "an empty file for masks",
            Compilation.CurrentDirectory, c.Program.String("/dev/null"), Fcntl.O_PATH | Fcntl.O_CLOEXEC, 0).Into();
        VerifySteps.IsFile(c.Program, nothing, FileStatus.S_IFCHR, 1, 3, "the host's /dev/null is the null device");
        foreach (string path in masked.Distinct(StringComparer.Ordinal))
            Mask(c, path, nothing);
    }

    private static void Mask(Compilation c, string path, Slot nothing)
    {
        string reason = $"hide {path}";
        Slot target = c.Program.NewSlot();
        _ = c.OpenInRoot(path, Fcntl.O_PATH | Fcntl.O_DIRECTORY, reason).Tolerate(3, Errno.ENOENT, Errno.ENOTDIR).Into(target);
        Slot empty = c.CloneTree(c.MaskDirectory!.Value, recursive: false, reason);
        c.Attach(empty, target, reason);
        c.Program.Skip(3, "it was a directory");
        _ = c.OpenInRoot(path, Fcntl.O_PATH, reason).Tolerate(2, Errno.ENOENT, Errno.ENOTDIR).Into(target);
        Slot file = c.CloneTree(nothing, recursive: false, reason);
        c.Attach(file, target, reason);
    }

    private static void MakeReadOnly(Compilation c, string path)
    {
        string reason = $"make {path} read-only";
        Slot target = c.Program.NewSlot();
        _ = c.OpenInRoot(path, Fcntl.O_PATH, reason).Tolerate(3, Errno.ENOENT, Errno.ENOTDIR).Into(target);
        Slot copy = c.CloneTree(target, recursive: true, reason);
        c.SetAttributes(copy, Mount.MOUNT_ATTR_RDONLY, 0, 0, recursive: true, reason);
        c.Attach(copy, target, reason);
    }
}
