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

    /// <summary>The CLONE_NEW… kinds that the container has of its own, without the pid namespace (the spawner joins that).</summary>
    public required ulong Namespaces { get; init; }

    /// <inheritdoc cref="CompileContext.CgroupProcs"/>
    public IReadOnlyList<int> CgroupProcs { get; init; } = [];

    /// <inheritdoc cref="CompileContext.SeccompFilter"/>
    public ReadOnlyMemory<byte>? SeccompFilter { get; init; }

    /// <inheritdoc cref="CompileContext.OwnsStandardStreams"/>
    public bool OwnsStandardStreams { get; init; }
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
        NamespaceSteps.Guard(program);
        NamespaceSteps.EnterCgroups(program, context.CgroupProcs);
        // setns to a mount namespace is refused while threads share this process's root and working directory.
        program.Call(SyscallNumber.Unshare, "unshare", "own root and working directory", Sched.CLONE_FS);
        program.Call(SyscallNumber.Setns, "setns", "join the container's namespaces", Compilation.Passed(context.Target), context.Namespaces);
        Slot root = program.Call(SyscallNumber.Openat, "openat", "the container's root", Compilation.CurrentDirectory, program.String("/"),
            Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0).Into();
        // RESOLVE_IN_ROOT without magic links: a working directory of /proc/self/fd/N leads nowhere (CVE-2024-21626).
        Slot cwd = program.Call(SyscallNumber.Openat2, "openat2", $"open the working directory {process.Cwd}", root, program.String(process.Cwd),
            program.Words(Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS), 24).Into();
        if (process.Terminal)
            TerminalSteps.ForExec(program, process.User.Uid, process.User.Gid);
        else if (context.OwnsStandardStreams && process.User.Uid != 0)
            for (int fd = 1; fd <= 2; fd++)
                _ = program.Call(SyscallNumber.Fchown, "fchown", "the user owns its output", fd, process.User.Uid, process.User.Gid).TolerateAll();
        KernelSteps.ResourceLimits(program, process);
        IdentitySteps.Emit(program, process, context.SeccompFilter, 0);
        int first = CommandSteps.Emit(program, process, cwd, supervise: false, gate: null);
        return new CompiledContainer(program.Build(), 0, first, process.Args![0]);
    }
}
