using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Namespaces: which the clone makes, which the program joins, and the cgroups the process enters first.</summary>
internal static class NamespaceSteps
{
    private static readonly Dictionary<string, ulong> Flags = new(StringComparer.Ordinal)
    {
        ["pid"] = Sched.CLONE_NEWPID,
        ["network"] = Sched.CLONE_NEWNET,
        ["mount"] = Sched.CLONE_NEWNS,
        ["ipc"] = Sched.CLONE_NEWIPC,
        ["uts"] = Sched.CLONE_NEWUTS,
        ["cgroup"] = Sched.CLONE_NEWCGROUP,
    };

    /// <summary>
    /// Flags of the clone. The cgroup namespace is not among them: its root is the cgroup that the process is in when it is made, so it is made
    /// after the process has entered its own.
    /// </summary>
    public static ulong CloneFlags(Compilation c)
    {
        ulong flags = 0;
        foreach (NamespaceSpec ns in c.Linux.Namespaces ?? [])
        {
            if (!Flags.TryGetValue(ns.Type, out ulong flag))
                throw Refuse.Invalid($"namespace type \"{ns.Type}\" is not supported; known are {string.Join(", ", Flags.Keys)}");
            if (c.HasNew(ns.Type) && ns.Type != "cgroup")
                flags |= flag;
        }
        return (flags & Sched.CLONE_NEWNS) != 0 ? flags : throw Refuse.Invalid("a container needs a mount namespace of its own");
    }

    /// <summary>Closes what is not wanted at exec, protects the process from its future siblings, enters cgroups and namespaces.</summary>
    public static void Enter(Compilation c)
    {
        ProgramBuilder program = c.Program;
        Guard(program);
        EnterCgroups(program, c.Context.CgroupProcs);
        if (c.HasNew("cgroup"))
            program.Call(SyscallNumber.Unshare, "unshare", "own view of the cgroup tree", Sched.CLONE_NEWCGROUP);
        foreach ((string type, int index) in c.Context.Join)
            program.Call(SyscallNumber.Setns, "setns", $"join the {type} namespace",
                Compilation.Passed(index), Flags.TryGetValue(type, out ulong flag) ? flag : throw Refuse.Invalid($"cannot join a {type} namespace"));
        if (c.HasNew("network"))
            BringLoopbackUp(program);
        if (c.Context.NewKeyring)
            _ = program.Call(SyscallNumber.Keyctl, "keyctl", "a session keyring of its own", 1 /* KEYCTL_JOIN_SESSION_KEYRING */, 0).TolerateAll();
    }

    /// <summary>Steps that every program begins with.</summary>
    public static void Guard(ProgramBuilder program)
    {
        program.Call(SyscallNumber.CloseRange, "close_range", "no descriptor but stdio survives the exec (CVE-2024-21626)",
            InitDescriptors.Program, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
        program.Call(SyscallNumber.Prctl, "prctl", "no process of the container may look into this one (CVE-2019-5736)", 4 /* PR_SET_DUMPABLE */, 0);
    }

    /// <summary>Each v1 hierarchy has its own membership file; "0" is the writer itself.</summary>
    public static void EnterCgroups(ProgramBuilder program, IReadOnlyList<int> procs)
    {
        foreach (int index in procs)
            program.Call(SyscallNumber.Write, "write", "enter the container's cgroup", Compilation.Passed(index), program.String("0"), 1);
    }

    private static void BringLoopbackUp(ProgramBuilder program)
    {
        Slot socket = program.Call(SyscallNumber.Socket, "socket", "bring lo up", Socket.AF_INET, Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC, 0).Into();
        byte[] request = new byte[40];
        "lo"u8.CopyTo(request);
        request[16] = 0x41; // IFF_UP | IFF_RUNNING
        program.Call(SyscallNumber.Ioctl, "ioctl", "bring lo up", socket, 0x8914 /* SIOCSIFFLAGS */, program.Bytes(request));
    }
}
