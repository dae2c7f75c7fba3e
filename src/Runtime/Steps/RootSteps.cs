using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The root file system: separated from the host's mounts, attached, and at the end made the only one there is.</summary>
internal static class RootSteps
{
    public static void Attach(Compilation c)
    {
        ProgramBuilder program = c.Program;
        ulong propagation = c.Linux.RootfsPropagation switch
        {
            null or "" or "rprivate" or "private" or "rslave" or "slave" => Mount.MS_SLAVE,
            "rshared" or "shared" => Mount.MS_SHARED,
            "unbindable" or "runbindable" => 1ul << 17,
            string other => throw Refuse.Invalid($"rootfsPropagation \"{other}\" is not one of shared, slave, private, unbindable"),
        };
        program.Call(SyscallNumber.Mount, "mount", "no mount made here reaches the host", 0, program.String("/"), 0,
            Mount.MS_REC | (propagation == Mount.MS_SHARED ? Mount.MS_SHARED : Mount.MS_SLAVE), 0);
        // Below the root lies an empty read-only tmpfs that masks are cloned from: kernels before 6.15 clone attached mounts only.
        Slot anchor = OpenAnchor(c);
        Slot mask = MountSteps.Create(c, "tmpfs", "tmpfs", ["size=0", "nr_inodes=2", "mode=755"], Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC, "an empty directory for masks");
        c.Attach(mask, anchor, "an empty directory for masks");
        c.MaskDirectory = mask;
        Slot above = OpenAnchor(c);
        c.Root = Compilation.Passed(c.Context.Root);
        c.Attach(c.Root, above, "attach the root file system");
        c.SetAttributes(c.Root, 0, 0, Mount.MS_PRIVATE, recursive: true, "mounts inside stay inside");
    }

    public static void Pivot(Compilation c)
    {
        ProgramBuilder program = c.Program;
        if (c.Spec.Root?.Readonly == true)
            c.SetAttributes(c.Root, Mount.MOUNT_ATTR_RDONLY, 0, 0, recursive: false, "read-only root file system");
        program.Call(SyscallNumber.Fchdir, "fchdir", "change to the new root", c.Root);
        program.Call(SyscallNumber.PivotRoot, "pivot_root", "the container's files become /", program.String("."), program.String("."));
        program.Call(SyscallNumber.Umount2, "umount2", "let go of the host's files", program.String("."), Mount.MNT_DETACH);
        program.Call(SyscallNumber.Chdir, "chdir", "begin at /", program.String("/"));
        if (c.Linux.RootfsPropagation is "shared" or "rshared")
            program.Call(SyscallNumber.Mount, "mount", "shared propagation", 0, program.String("/"), 0, Mount.MS_REC | Mount.MS_SHARED, 0);
    }

    private static Slot OpenAnchor(Compilation c) =>
        c.Program.Call(SyscallNumber.Openat, "openat", "a place for the root in this mount namespace",
            Compilation.CurrentDirectory, c.Program.String(c.Context.Anchor), Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0).Into();
}
