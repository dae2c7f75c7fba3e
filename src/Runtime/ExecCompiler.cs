using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Steps;
using Tare.SyscallProgram;

namespace Tare.Runtime;

/// <summary>What an exec needs beside its process: indexes of passed descriptors, as in <see cref="CompileContext"/>.</summary>
public sealed record ExecContext
{
    /// <summary>Index of a pidfd of the container's process 1.</summary>
    public required int Target { get; init; }

    /// <summary>The CLONE_NEW… kinds that the container has of its own, without the pid namespace when the spawner joins that.</summary>
    public required ulong Namespaces { get; init; }

    /// <inheritdoc cref="CompileContext.CgroupProcs"/>
    public IReadOnlyList<int> CgroupProcs { get; init; } = [];

    /// <summary>The target's number, which is looked at where its mount namespace is the spawner's own.</summary>
    public int Pid { get; init; }

    /// <inheritdoc cref="CompileContext.SeccompFilter"/>
    public ReadOnlyMemory<byte>? SeccompFilter { get; init; }

    /// <summary>Flags of the filter, as seccomp(2) takes them.</summary>
    public uint SeccompFlags { get; init; }

    /// <inheritdoc cref="CompileContext.OwnsStandardStreams"/>
    public bool OwnsStandardStreams { get; init; }

    /// <inheritdoc cref="CompileContext.StreamOwner"/>
    public (uint Uid, uint Gid)? StreamOwner { get; init; }

    /// <inheritdoc cref="CompileContext.OwnedStreams"/>
    public IReadOnlyList<int> OwnedStreams { get; init; } = [];

    /// <inheritdoc cref="CompileContext.Preserved"/>
    public IReadOnlyList<int> Preserved { get; init; } = [];

    /// <summary>Personality and memory policy of the container, which its processes share.</summary>
    public LinuxSpec? Linux { get; init; }

    /// <inheritdoc cref="CompileContext.KeepsNewlines"/>
    public bool KeepsNewlines { get; init; }

    /// <summary>What is executed when it is not what the process calls itself (argv[0]).</summary>
    public string? Executable { get; init; }

    /// <summary>The spawner is not root.</summary>
    public bool Rootless { get; init; }
}

/// <summary>Compiles a process that joins a running container. Pure.</summary>
public static class ExecCompiler
{
    /// <summary>The table of contents of an exec.</summary>
    public static CompiledContainer Compile(ProcessSpec process, ExecContext context)
    {
        ProgramBuilder program = new();
        program.Call(SyscallNumber.Umask, "umask", "modes are given in full", 0);
        KernelSteps.OomScore(program, process);
        StreamSteps.Give(program, process, context.StreamOwner);
        NamespaceSteps.CloseDescriptors(program);
        if (process.ExecCpuAffinity?.Initial is { Length: > 0 } initial)
            ScheduleSteps.Processors(program, initial, "processors while joining");
        NamespaceSteps.EnterCgroups(program, context.CgroupProcs);
        if (process.ExecCpuAffinity is null)
            ScheduleSteps.AllProcessors(program);
        if (process.ExecCpuAffinity?.Final is { Length: > 0 } final)
            ScheduleSteps.Processors(program, final, "processors of the process");
        Slot? label = LabelSteps.Open(program, process);
        ExecSteps.Join(program, Compilation.Passed(context.Target), context.Namespaces, context.Pid);
        Slot root = program.Call(SyscallNumber.Openat, "openat", "the container's root", Compilation.CurrentDirectory, program.String("/"),
            Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0).Into();
        // RESOLVE_IN_ROOT without magic links: a working directory of /proc/self/fd/N leads nowhere (CVE-2024-21626).
        Slot cwd = program.Call(SyscallNumber.Openat2, "openat2", $"open the working directory {process.Cwd}", root, program.String(process.Cwd),
            program.Words(Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS), 24).Into();
        if (process.Terminal)
            TerminalSteps.ForExec(program, process, context.KeepsNewlines);
        KernelSteps.ResourceLimits(program, process);
        ScheduleSteps.Emit(program, process, context.Linux);
        StreamSteps.Own(program, process, context.OwnsStandardStreams ? [1, 2] : context.OwnedStreams);
        Slot entered = CommandSteps.EnterDirectory(program, process, cwd);
        IdentitySteps.Emit(program, process, context.SeccompFilter, context.SeccompFlags, context.Rootless);
        int first = CommandSteps.Emit(program, process, cwd, new LastSteps { Preserved = context.Preserved, Label = label, Entered = entered, Executable = context.Executable, Filter = context.SeccompFilter, FilterFlags = context.SeccompFlags });
        return new CompiledContainer(program.Build(), 0, first, context.Executable ?? process.Args![0]);
    }
}
