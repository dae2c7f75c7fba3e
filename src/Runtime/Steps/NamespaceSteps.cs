using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Namespaces: which are born with the process, which the program makes or joins, and the cgroups it enters first.</summary>
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
        ["user"] = Sched.CLONE_NEWUSER,
        ["time"] = Sched.CLONE_NEWTIME,
    };

    /// <summary>
    /// Flags of namespaces that are born with a process. Not among them: the cgroup namespace, whose root is the cgroup that the process is in when it
    /// is made, and the time namespace, whose clocks are set before anybody is inside.
    /// </summary>
    public static ulong CloneFlags(Compilation c)
    {
        ulong flags = c.Context.SharesMounts || c.Context.Join.ContainsKey("mount") ? 0 : Sched.CLONE_NEWNS;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (NamespaceSpec ns in c.Linux.Namespaces ?? [])
        {
            if (!Flags.TryGetValue(ns.Type, out ulong flag))
                throw Refuse.Invalid($"namespace type \"{ns.Type}\" is not supported; known are {string.Join(", ", Flags.Keys)}");
            if (!seen.Add(ns.Type))
                throw Refuse.Invalid($"malformed spec file: duplicated ns {ns.Type}");
            if (c.HasNew(ns.Type) && ns.Type is not ("cgroup" or "time" or "user") && !(ns.Type == "network" && c.Context.Network is not null))
                flags |= flag;
        }
        return flags;
    }

    /// <summary>CLONE_NEW… of every namespace that differs from the host's, new or joined: what an exec has to join.</summary>
    public static ulong KindsOf(LinuxSpec? linux) =>
        (linux?.Namespaces ?? []).Aggregate(Sched.CLONE_NEWNS, (kinds, ns) => kinds | Flags.GetValueOrDefault(ns.Type));

    /// <summary>Closes what is not wanted at exec, enters cgroups and namespaces, and protects the process from its future siblings.</summary>
    public static void Enter(Compilation c, ulong namespaces)
    {
        ProgramBuilder program = c.Program;
        CloseDescriptors(program);
        EnterCgroups(program, c.Context.CgroupProcs);
        if (UserNamespaceSteps.Moves(c.Spec))
            UserNamespaceSteps.Enter(c, namespaces);
        else
            _ = Join(c);
        if (c.HasNew("time") && !c.HasNew("user"))
            TimeSteps.Enter(c);
        Hide(program);
        if (c.HasNew("cgroup"))
            program.Call(SyscallNumber.Unshare, "unshare", "own view of the cgroup tree", Sched.CLONE_NEWCGROUP);
        if (c.Context.Network is { } network)
            _ = Setns(c, "network", network);
        else if (c.HasNew("network"))
            BringLoopbackUp(program);
        if (c.Context.NewKeyring)
            _ = program.Call(SyscallNumber.Keyctl, "keyctl", "a session keyring of its own", 1 /* KEYCTL_JOIN_SESSION_KEYRING */, 0).TolerateAll();
    }

    /// <summary>setns for each joined namespace but the user namespace. Tolerant, what was not allowed is left for <see cref="JoinRest"/>.</summary>
    public static List<Slot> Join(Compilation c, bool tolerant = false)
    {
        List<Slot> results = [];
        foreach ((string type, int index) in Others(c))
        {
            OperationHandle joined = Setns(c, type, index);
            results.Add(tolerant ? joined.Tolerate(0, Errno.EPERM).Into() : joined.Into());
        }
        if (c.Context.Join.TryGetValue("time", out int time))
            TimeSteps.Join(c, time);
        return results;
    }

    /// <summary>Joins what <see cref="Join"/> could not.</summary>
    public static void JoinRest(Compilation c, List<Slot> results)
    {
        foreach (((string type, int index), Slot result) in Others(c).Zip(results))
        {
            c.Program.SkipIfEqual(result, 0, 1, $"the {type} namespace is joined");
            _ = Setns(c, type, index);
        }
    }

    private static IEnumerable<KeyValuePair<string, int>> Others(Compilation c) => c.Context.Join.Where(j => j.Key is not ("user" or "time"));

    private static OperationHandle Setns(Compilation c, string type, int index) =>
        c.Program.Call(SyscallNumber.Setns, "setns", $"join the {type} namespace",
            Compilation.Passed(index), Flags.TryGetValue(type, out ulong flag) ? flag : throw Refuse.Invalid($"cannot join a {type} namespace"));

    /// <summary>No descriptor but stdio survives the exec.</summary>
    public static void CloseDescriptors(ProgramBuilder program) =>
        program.Call(SyscallNumber.CloseRange, "close_range", "no descriptor but stdio survives the exec (CVE-2024-21626)",
            InitDescriptors.Program, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);

    /// <summary>From here on /proc/PID of this process is closed to the container, which it is about to meet.</summary>
    public static void Hide(ProgramBuilder program) =>
        program.Call(SyscallNumber.Prctl, "prctl", "no process of the container may look into this one (CVE-2019-5736)", 4 /* PR_SET_DUMPABLE */, 0);

    /// <summary>Each v1 hierarchy has its own membership file; "0" is the writer itself.</summary>
    public static void EnterCgroups(ProgramBuilder program, IReadOnlyList<int> procs)
    {
        foreach (int index in procs)
            program.Call(SyscallNumber.Write, "write", "enter the container's cgroup", Compilation.Passed(index), program.String("0"), 1);
    }

    private static void BringLoopbackUp(ProgramBuilder program)
    {
        Slot socket = program.Call(SyscallNumber.Socket, "socket", "bring lo up", Socket.AF_INET, Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC, 0).Into();
        program.Call(SyscallNumber.Ioctl, "ioctl", "bring lo up", socket, Socket.SIOCSIFFLAGS, program.Bytes(Socket.LoopbackUp()));
    }
}
