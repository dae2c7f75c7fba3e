using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The root file system: separated from the host's mounts, attached, and at the end made the only one there is.</summary>
internal static class RootSteps
{
    /// <summary>The words of linux.rootfsPropagation and what they ask for; private when nothing is said.</summary>
    private static readonly Dictionary<string, ulong> Propagations = new(StringComparer.Ordinal)
    {
        [""] = 0,
        ["private"] = Mount.MS_PRIVATE,
        ["rprivate"] = Mount.MS_PRIVATE,
        ["slave"] = Mount.MS_SLAVE,
        ["rslave"] = Mount.MS_SLAVE,
        ["shared"] = Mount.MS_SHARED,
        ["rshared"] = Mount.MS_SHARED,
        ["unbindable"] = Mount.MS_UNBINDABLE,
        ["runbindable"] = Mount.MS_UNBINDABLE,
    };

    public static void Attach(Compilation c)
    {
        ProgramBuilder program = c.Program;
        ulong propagation = Wanted(c);
        // Below a shared root, mounts made here would reach the host: nothing but shared itself asks for that.
        if (!c.Context.SharesMounts)
            program.Call(SyscallNumber.Mount, "mount", "no mount made here reaches the host", 0, program.String("/"), 0, Mount.MS_REC | Mount.MS_SLAVE, 0);
        c.Root = c.Context.RootlessRoot is { } path ? OpenRoot(c, path) : Compilation.Passed(c.Context.Root);
        // Below the root lies an empty read-only tmpfs that masks are cloned from: kernels before 6.15 clone attached mounts only.
        Slot anchor = OpenAnchor(c);
        Slot mask = MountSteps.Create(c, "tmpfs", "tmpfs", LabelSteps.WithContext(c, "tmpfs", ["size=0", "nr_inodes=2", "mode=755"]), Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC, "an empty directory for masks");
        c.Attach(mask, anchor, "an empty directory for masks");
        c.MaskDirectory = mask;
        Slot above = OpenAnchor(c);
        c.Attach(c.Root, above, "attach the root file system");
        c.SetAttributes(c.Root, 0, 0, propagation == Mount.MS_SLAVE ? Mount.MS_SLAVE : Mount.MS_PRIVATE, recursive: true, "mounts inside stay inside");
    }

    public static void Pivot(Compilation c)
    {
        ProgramBuilder program = c.Program;
        if (c.Spec.Root?.Readonly == true)
            c.SetAttributes(c.Root, Mount.MOUNT_ATTR_RDONLY, 0, 0, recursive: false, "read-only root file system");
        program.Call(SyscallNumber.Fchdir, "fchdir", "change to the new root", c.Root);
        if (c.Context.SharesMounts)
        {
            program.Call(SyscallNumber.Chroot, "chroot", "the container's files become /", program.String("."));
        }
        else if (c.Context.NoPivot)
        {
            Forget(c);
            program.Call(SyscallNumber.Mount, "mount", "the container's files cover the host's", program.String("."), program.String("/"), 0, Mount.MS_MOVE, 0);
            program.Call(SyscallNumber.Chroot, "chroot", "the container's files become /", program.String("."));
        }
        else
        {
            program.Call(SyscallNumber.PivotRoot, "pivot_root", "the container's files become /", program.String("."), program.String("."));
            // Where the anchor was "/", the masks' tmpfs lies on the host's root and goes first.
            if (c.Context.Anchor == "/")
                program.Call(SyscallNumber.Umount2, "umount2", "let go of the masks' directory", program.String("."), Mount.MNT_DETACH);
            program.Call(SyscallNumber.Umount2, "umount2", "let go of the host's files", program.String("."), Mount.MNT_DETACH);
        }
        program.Call(SyscallNumber.Chdir, "chdir", "begin at /", program.String("/"));
        if (Wanted(c) is Mount.MS_SHARED or Mount.MS_UNBINDABLE)
            program.Call(SyscallNumber.Mount, "mount", $"{c.Linux.RootfsPropagation} propagation", 0, program.String("/"), 0,
                Wanted(c) | (c.Linux.RootfsPropagation![0] == 'r' ? Mount.MS_REC : 0), 0);
    }

    /// <summary>
    /// Without a pivot the host's mounts stay below the container's. Where the kernel's own file systems are among them, whoever makes a user namespace in the
    /// container may mount them anew, without masks: they go. What this does not keep is the rest of the host's tree, for a process that can leave its chroot.
    /// </summary>
    private static void Forget(Compilation c)
    {
        foreach (string point in c.Context.KernelMounts)
        {
            string reason = $"the host's {point} is out of reach";
            _ = c.Program.Call(SyscallNumber.Umount2, "umount2", reason, c.Program.String(point), Mount.MNT_DETACH).TolerateAll().OnSuccessSkip(1);
            _ = c.Program.Call(SyscallNumber.Mount, "mount", reason, c.Program.String("none"), c.Program.String(point), c.Program.String("tmpfs"), 0, 0).Tolerate(0, Errno.ENOENT);
        }
    }

    private static ulong Wanted(Compilation c) => Propagations.TryGetValue(c.Linux.RootfsPropagation ?? "", out ulong propagation) ? propagation
        : throw Refuse.Invalid($"rootfsPropagation={c.Linux.RootfsPropagation} is not supported: use shared, slave, private or unbindable");

    /// <summary>What a mount namespace of an unprivileged user inherits is locked: the tree is cloned with everything on it.</summary>
    private static Slot OpenRoot(Compilation c, string path) =>
        c.Program.Call(SyscallNumber.OpenTree, "open_tree", "the root file system", Compilation.CurrentDirectory, c.Program.String(path),
            Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | Mount.AT_RECURSIVE).Into();

    private static Slot OpenAnchor(Compilation c) =>
        c.Program.Call(SyscallNumber.Openat, "openat", "a place for the root in this mount namespace",
            Compilation.CurrentDirectory, c.Program.String(c.Context.Anchor), Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0).Into();
}
