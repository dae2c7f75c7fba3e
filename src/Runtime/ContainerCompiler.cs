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
        // 1. While the host's files are still "/" and its /proc can be trusted.
        c.Program.Call(SyscallNumber.Umask, "umask", "modes are given in full", 0);
        KernelSteps.OomScore(c.Program, c.Process);
        NamespaceSteps.Enter(c);
        // 2. The file system, below the host's, every target by descriptor.
        RootSteps.Attach(c);
        MountSteps.Emit(c);
        DeviceSteps.Emit(c);
        TerminalSteps.ForContainer(c);
        KernelSteps.Sysctls(c);
        c.WorkingDirectory = TargetSteps.Directory(c, c.Process.Cwd, "open the working directory");
        MaskSteps.Emit(c);
        RootSteps.Pivot(c);
        // 3. The process itself: limits first, they need privileges that go next.
        KernelSteps.Names(c);
        KernelSteps.ResourceLimits(c.Program, c.Process);
        OwnStreams(c);
        (ReadOnlyMemory<byte>? filter, uint flags) = Filter(c);
        IdentitySteps.Emit(c.Program, c.Process, filter, flags);
        int first = CommandSteps.Emit(c.Program, c.Process, c.WorkingDirectory, context.Supervise, context.StartGate);
        return new CompiledContainer(c.Program.Build(), namespaces, first, c.Process.Args![0]);
    }

    /// <summary>A user other than root must be able to open /dev/stdout again.</summary>
    private static void OwnStreams(Compilation c)
    {
        if (!c.Context.OwnsStandardStreams || c.Process.Terminal || c.Process.User.Uid == 0)
            return;
        for (int fd = 1; fd <= 2; fd++)
            _ = c.Program.Call(SyscallNumber.Fchown, "fchown", "the user owns its output", fd, c.Process.User.Uid, c.Process.User.Gid).TolerateAll();
    }

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
