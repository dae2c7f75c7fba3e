using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Entering a running container.</summary>
internal static class ExecSteps
{
    /// <summary>
    /// Joins namespaces of a pidfd's process. With the user namespace among them the process becomes its root; with the pid namespace among them the
    /// program goes on in a child, which alone can be inside.
    /// </summary>
    public static void Join(ProgramBuilder program, int target, ulong kinds)
    {
        if ((kinds & (Sched.CLONE_NEWUSER | Sched.CLONE_NEWTIME)) != 0)
            SyncSteps.Move(program, 0, "a process of one thread can join such namespaces");
        // setns to a mount namespace is refused while threads share this process's root and working directory.
        program.Call(SyscallNumber.Unshare, "unshare", "own root and working directory", Sched.CLONE_FS);
        program.Call(SyscallNumber.Setns, "setns", "join the container's namespaces", target, kinds);
        if ((kinds & Sched.CLONE_NEWPID) != 0)
            SyncSteps.Move(program, 0, "be born into the pid namespace");
        if ((kinds & Sched.CLONE_NEWUSER) != 0)
            UserNamespaceSteps.BecomeRoot(program);
        NamespaceSteps.Hide(program);
    }
}
