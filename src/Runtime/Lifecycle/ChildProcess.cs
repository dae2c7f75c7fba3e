using System.Text;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Seccomp;
using Tare.SyscallProgram;

namespace Tare.Runtime.Lifecycle;

/// <summary>A program to be run to its end.</summary>
public sealed record ChildOptions
{
    /// <summary>Absolute path of the executable.</summary>
    public required string Path { get; init; }

    /// <summary>argv, the program's own name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>What it reads from its standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>How many bytes of its output, and of its errors, are of interest.</summary>
    public int MostOutput { get; init; } = 64 * 1024;

    /// <summary>null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>With <see cref="Inside"/>: runs with this identity and under the filter of this configuration, as the container's own process does.</summary>
    public (ProcessSpec Process, RuntimeSpec Spec)? As { get; init; }

    /// <summary>Runs in this process's namespaces of these kinds instead of the caller's.</summary>
    public (FileDescriptor Target, ulong Kinds)? Inside { get; init; }
}

/// <summary>How a child has ended and what it said.</summary>
public sealed record ChildResult(ExitStatus Status, bool TimedOut, string Output, string Error);

/// <summary>
/// Runs a helper program (a hook, newuidmap) through a small syscall program, so that one way of starting processes serves all: in other namespaces, with
/// any argv[0], and without a thread of its own.
/// </summary>
public static class ChildProcess
{
    public static ChildResult Run(ChildOptions options)
    {
        ulong kinds = options.Inside?.Kinds ?? 0;
        bool spawnerJoins = (kinds & (Sched.CLONE_NEWUSER | Sched.CLONE_NEWTIME)) == 0 && (kinds & Sched.CLONE_NEWPID) != 0;
        if (spawnerJoins)
            kinds &= ~Sched.CLONE_NEWPID;
        CompiledContainer compiled = options.As is { } container ? AsContainer(options, container.Process, container.Spec, kinds) : Compile(options, kinds);
        return Start(compiled, options, spawnerJoins ? options.Inside?.Target : null);
    }

    private static CompiledContainer AsContainer(ChildOptions options, ProcessSpec own, RuntimeSpec spec, ulong kinds)
    {
        SeccompFilter? filter = spec.Linux?.Seccomp is { } seccomp && !SeccompConfiguration.HasListener(seccomp) ? SeccompConfiguration.Compile(seccomp) : null;
        ProcessSpec process = new()
        {
            Args = [.. options.Arguments],
            Env = [.. options.Environment],
            Cwd = options.WorkingDirectory,
            User = own.User,
            Capabilities = own.Capabilities,
            NoNewPrivileges = own.NoNewPrivileges,
        };
        return ExecCompiler.Compile(process, new ExecContext { Target = 0, Pid = Number(options, kinds), Namespaces = kinds, SeccompFilter = filter?.Program, SeccompFlags = (uint)(filter?.Flags ?? 0), Linux = spec.Linux, Executable = options.Path });
    }

    /// <summary>Needed where the mount namespace is this process's own.</summary>
    private static int Number(ChildOptions options, ulong kinds) => (kinds & Sched.CLONE_NEWNS) == 0 ? Process.NumberOf(options.Inside!.Value.Target) : 0;

    private static CompiledContainer Compile(ChildOptions options, ulong kinds)
    {
        ProgramBuilder program = new();
        Steps.NamespaceSteps.CloseDescriptors(program);
        if (options.Inside is not null)
            Steps.ExecSteps.Join(program, InitDescriptors.FirstPassed, kinds, Number(options, kinds));
        program.Call(SyscallNumber.Chdir, "chdir", "working directory", program.String(options.WorkingDirectory));
        program.Call(SyscallNumber.RtSigaction, "rt_sigaction", "SIGPIPE ends a process again", 13, program.Bytes(new byte[32]), 0, 8);
        int first = program.Count;
        program.Call(SyscallNumber.Execve, "execve", $"run {options.Path}", program.String(options.Path),
            program.StringArray(options.Arguments), program.StringArray(options.Environment));
        return new CompiledContainer(program.Build(), 0, first, options.Path);
    }

    private static ChildResult Start(CompiledContainer compiled, ChildOptions options, FileDescriptor? pidNamespace)
    {
        // Files in memory instead of pipes for the output: whoever keeps them open holds nobody up.
        using FileDescriptor output = Memfd.Create("stdout");
        using FileDescriptor error = Memfd.Create("stderr");
        (FileDescriptor read, FileDescriptor write) = Unistd.Pipe();
        Launched launched;
        using (write)
        {
            using (read)
                launched = Launch.Start(compiled, new LaunchOptions
                {
                    Passed = options.Inside is { } inside ? [inside.Target] : [],
                    PidNamespace = pidNamespace,
                    Streams = [read, output, error],
                });
            Fcntl.SetNonBlocking(write);
            // A state is smaller than a pipe; a reader that never came is no error.
            _ = Unistd.TryWrite(write, options.Input.Span, out _);
        }
        using (launched.PidFd)
        {
            bool ended = Poll.WaitReadable(launched.PidFd, options.Timeout ?? System.Threading.Timeout.InfiniteTimeSpan);
            if (!ended)
                _ = Process.TrySignal(launched.PidFd, Process.SIGKILL);
            Errno errno = Process.TryReap(launched.PidFd, wait: true, out ExitStatus status);
            if (errno != Errno.None)
                throw new TareException(ErrorKind.Internal, $"wait for {options.Path}", new SyscallException("waitid", errno));
            return new ChildResult(status, !ended, Text(output, options.MostOutput), Text(error, options.MostOutput));
        }
    }

    private static string Text(FileDescriptor file, int most)
    {
        Unistd.Seek(file, 0);
        byte[] buffer = new byte[Math.Min(most, (int)Math.Min(Stat.Of(file).Size, int.MaxValue))];
        int length = 0;
        while (length < buffer.Length && Unistd.TryRead(file, buffer.AsSpan(length), out int read) == Errno.None && read > 0)
            length += read;
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
