using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Steps;
using Tare.SyscallProgram;

namespace Tare.Runtime;

/// <summary>
/// Compiles an OCI configuration into the ordered system calls that turn a fresh process into the container. Pure: nothing happens to the
/// system. Refuses what it cannot do with <see cref="Errors.ErrorKind.InvalidArgument"/>, naming the field.
/// </summary>
public static class ContainerCompiler
{
    /// <summary>The table of contents of a container's start.</summary>
    public static CompiledContainer Compile(RuntimeSpec spec, CompileContext context)
    {
        Compilation c = new(spec, context);
        ulong namespaces = NamespaceSteps.CloneFlags(c);
        (ReadOnlyMemory<byte>? filter, uint flags) = Filter(c);
        // 1. While the host's files are still "/" and its /proc can be trusted.
        c.Program.Call(SyscallNumber.Umask, "umask", "modes are given in full", 0);
        KernelSteps.OomScore(c.Program, c.Process);
        StreamSteps.Give(c.Program, c.Process, context.StreamOwner);
        NamespaceSteps.Enter(c, namespaces);
        ScheduleSteps.AllProcessors(c.Program);
        Slot? label = LabelSteps.Open(c.Program, c.Process);
        if (c.HasNew("network") && c.Linux.NetDevices is { Count: > 0 })
            SyncSteps.Ask(c.Program, StatusMessage.Devices, "network devices move in");
        // 2. The file system, below the host's, every target by descriptor.
        RootSteps.Attach(c);
        MountSteps.Emit(c);
        DeviceSteps.Emit(c);
        StreamSteps.Reopen(c);
        TerminalSteps.ForContainer(c);
        MountSteps.MakeReadOnly(c);
        KernelSteps.Sysctls(c);
        c.WorkingDirectory = TargetSteps.Directory(c, c.Process.Cwd, "open the working directory");
        if (context.StopsForHooks)
            SyncSteps.Ask(c.Program, StatusMessage.Hooks, "hooks");
        MaskSteps.Emit(c);
        RootSteps.Pivot(c);
        // 3. The process itself: limits first, they need privileges that go next.
        if (!c.Process.Terminal)
            TerminalSteps.OwnSession(c.Program);
        KernelSteps.Names(c);
        KernelSteps.ResourceLimits(c.Program, c.Process);
        ScheduleSteps.Emit(c.Program, c.Process, c.Linux);
        StreamSteps.Own(c.Program, c.Process, context.OwnsStandardStreams ? [1, 2] : context.OwnedStreams);
        Slot entered = CommandSteps.EnterDirectory(c.Program, c.Process, c.WorkingDirectory);
        IdentitySteps.Emit(c.Program, c.Process, filter, flags, context.RootlessRoot is not null);
        int first = CommandSteps.Emit(c.Program, c.Process, c.WorkingDirectory,
            new LastSteps
            {
                Supervise = context.Supervise,
                Gate = context.StartGate,
                Preserved = context.Preserved,
                Label = label,
                Entered = entered,
                Filter = filter,
                FilterFlags = flags,
                LookingCall = FoundCommand.LookingCall(c.Process.NoNewPrivileges ? null : c.Linux.Seccomp),
            });
        return new CompiledContainer(c.Program.Build(), UserNamespaceSteps.Moves(spec) ? 0 : namespaces, first, c.Process.Args![0], context.StartGate is not null);
    }

    /// <summary>CLONE_NEW… of every namespace that differs from the host's: what an exec has to join.</summary>
    public static ulong NamespaceKinds(RuntimeSpec spec) => NamespaceSteps.KindsOf(spec.Linux);

    /// <summary>True when the container's process is not the program's first one, so that the program joins pid namespaces itself.</summary>
    public static bool Moves(RuntimeSpec spec) => UserNamespaceSteps.Moves(spec);

    private static (ReadOnlyMemory<byte>? Filter, uint Flags) Filter(Compilation c)
    {
        if (c.Context.SeccompFilter is { } ready)
            return (ready, 0);
        if (c.Linux.Seccomp is not { } wanted)
            return (null, 0);
        Seccomp.SeccompFilter filter = SeccompConfiguration.Compile(wanted);
        return (filter.Program, (uint)filter.Flags);
    }
}
