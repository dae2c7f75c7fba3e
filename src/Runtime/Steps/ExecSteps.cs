using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Entering a running container.</summary>
internal static class ExecSteps
{
    /// <summary>
    /// Joins namespaces of a pidfd's process. With the user namespace among them the process becomes its root; with the pid namespace among them the
    /// program goes on in a child, which alone can be inside. Without the mount namespace among them, its root is entered: that of <paramref name="pid"/>.
    /// </summary>
    public static void Join(ProgramBuilder program, int target, ulong kinds, int pid)
    {
        Slot? root = null;
        if ((kinds & Sched.CLONE_NEWNS) == 0)
        {
            root = program.Call(SyscallNumber.Openat, "openat", "the container's root", Compilation.CurrentDirectory, program.String($"/proc/{pid}/root"),
                Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0).Into();
            // The pid was its own as long as it lives.
            program.Call(SyscallNumber.PidfdSendSignal, "pidfd_send_signal", "the container's process is still that one", target, 0, 0, 0);
        }
        if ((kinds & (Sched.CLONE_NEWUSER | Sched.CLONE_NEWTIME)) != 0)
            SyncSteps.Move(program, 0, "a process of one thread can join such namespaces");
        // setns to a mount namespace is refused while threads share this process's root and working directory.
        program.Call(SyscallNumber.Unshare, "unshare", "own root and working directory", Sched.CLONE_FS);
        if (kinds != 0)
            program.Call(SyscallNumber.Setns, "setns", "join the container's namespaces", target, kinds);
        if ((kinds & Sched.CLONE_NEWPID) != 0)
            SyncSteps.Move(program, 0, "be born into the pid namespace");
        if (root is { } open)
        {
            program.Call(SyscallNumber.Fchdir, "fchdir", "enter the container's root", open);
            program.Call(SyscallNumber.Chroot, "chroot", "enter the container's root", program.String("."));
        }
        if ((kinds & Sched.CLONE_NEWUSER) != 0)
            UserNamespaceSteps.BecomeRoot(program);
        NamespaceSteps.Hide(program);
    }
}
