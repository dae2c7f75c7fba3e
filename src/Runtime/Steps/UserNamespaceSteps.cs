using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>
/// Containers with a user namespace. The other namespaces must belong to it, so all are made by one clone inside the program, after which the
/// spawner writes the id maps; an execve in between would cost the process its capabilities.
/// </summary>
internal static class UserNamespaceSteps
{
    /// <summary>True when ids are not the host's: device nodes cannot be made and sources of mounts may be out of reach.</summary>
    public static bool IsWanted(Compilation c) => c.HasNew("user") || c.Context.Join.ContainsKey("user");

    /// <summary>
    /// True when the container's process is not the first one of the program: a user namespace is made inside the program, and a user or time
    /// namespace is joined by a process of one thread only, which tare-init may not be.
    /// </summary>
    public static bool Moves(RuntimeSpec spec) =>
        spec.Linux?.Namespaces?.Any(n => n.Type == "user" || (n.Type == "time" && !string.IsNullOrEmpty(n.Path))) == true;

    /// <summary>Joins what exists, the user namespace first, then is born into what is new.</summary>
    public static void Enter(Compilation c, ulong namespaces)
    {
        ProgramBuilder program = c.Program;
        bool joinsUser = c.Context.Join.TryGetValue("user", out int index);
        if (joinsUser || c.Context.Join.ContainsKey("time"))
            SyncSteps.Move(program, 0, "a process of one thread can join such a namespace");
        // Namespaces may belong to the host's root or to the user namespace: what the one may not join, the other may.
        List<Slot> joined = NamespaceSteps.Join(c, tolerant: joinsUser);
        if (joinsUser)
        {
            program.Call(SyscallNumber.Setns, "setns", "join the user namespace", Compilation.Passed(index), Sched.CLONE_NEWUSER);
            BecomeRoot(program);
            NamespaceSteps.JoinRest(c, joined);
        }
        SyncSteps.Move(program, namespaces | (c.HasNew("user") ? Sched.CLONE_NEWUSER : 0), "be born into the container's namespaces");
        if (!c.HasNew("user"))
            return;
        SyncSteps.Ask(program, StatusMessage.MapUsers, "the ids of the user namespace");
        // The files of this process in /proc are its own only until its user changes.
        if (c.HasNew("time"))
            TimeSteps.Enter(c);
        BecomeRoot(program);
    }

    /// <summary>The user and group 0 of the namespace; capabilities in it are kept, for no unmapped id is left.</summary>
    public static void BecomeRoot(ProgramBuilder program)
    {
        program.Call(SyscallNumber.Setresgid, "setresgid", "root of the user namespace", 0, 0, 0);
        program.Call(SyscallNumber.Setresuid, "setresuid", "root of the user namespace", 0, 0, 0);
    }
}
