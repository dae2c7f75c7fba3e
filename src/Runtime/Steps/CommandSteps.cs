using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>What the end of a program depends on, beside its process.</summary>
internal sealed record LastSteps
{
    public bool Supervise { get; init; }
    public int? Gate { get; init; }
    public IReadOnlyList<int> Preserved { get; init; } = [];
    public Slot? Label { get; init; }

    /// <summary>The filter of a process with no_new_privs, which is loaded last.</summary>
    public ReadOnlyMemory<byte>? Filter { get; init; }

    /// <inheritdoc cref="FoundCommand.LookingCall"/>
    public int? LookingCall { get; init; }

    /// <inheritdoc cref="Filter"/>
    public uint FilterFlags { get; init; }

    /// <summary>What is executed when it is not what the process calls itself (argv[0]).</summary>
    public string? Executable { get; init; }

    /// <summary>Result of the first attempt to change to the working directory.</summary>
    public required Slot Entered { get; init; }
}

/// <summary>The last steps: signals back to their defaults, the gate, and the execve of the user's command, searched for in PATH.</summary>
internal static class CommandSteps
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Changes to the working directory while privileges are left; the result goes into <see cref="LastSteps.Entered"/>.</summary>
    public static Slot EnterDirectory(ProgramBuilder program, ProcessSpec process, Slot directory) =>
        program.Call(SyscallNumber.Fchdir, "fchdir", $"working directory {process.Cwd}", directory).Tolerate(0, Errno.EACCES, Errno.EPERM).Into();

    /// <summary>Returns the index of the first execve.</summary>
    public static int Emit(ProgramBuilder program, ProcessSpec process, Slot workingDirectory, LastSteps last)
    {
        // Root may have been kept out of a directory that is open to the user, and the other way round.
        program.SkipIfEqual(last.Entered, 0, 1, "it is there already");
        program.Call(SyscallNumber.Fchdir, "fchdir", $"working directory {process.Cwd}", workingDirectory);
        int first = program.Count;
        if (last.Gate is { } gate)
        {
            FoundCommand? found = last.LookingCall is { } call // while a failure can still be told
                ? FoundCommand.Find(program, process, Candidates(process, last.Executable), call) : null;
            // Only the execve looks at it, and the gate is the last thing before that.
            LabelSteps.Write(program, process, last.Label);
            (int door, int status) = GateSteps.Close(program, gate, last.Preserved, isFiltered: !process.NoNewPrivileges);
            DefaultSignals(program);
            GateSteps.EndOnSignals(program);
            LoadFilter(program, process, last, status);
            GateSteps.Wait(program, door, status);
            if (found is not null)
                found.Execute();
            else
                Execute(program, process, last.Executable);
            return first;
        }
        // The filter is for process 1 too, which stays with the signals blocked that it takes in turn.
        if (last.Supervise)
            LoadFilter(program, process, last, InitDescriptors.Status);
        if (last.Supervise)
            program.Supervise("process 1 stays to forward signals and reap");
        DefaultSignals(program);
        LabelSteps.Write(program, process, last.Label);
        Argument socket = HandOn(program, last.Preserved);
        if (!last.Supervise)
            LoadFilter(program, process, last, socket);
        first = program.Count;
        Execute(program, process, last.Executable);
        return first;
    }

    /// <summary>What is handed on comes to its places from 3 on. Returns where the status socket is then: a failure of the execve is still told.</summary>
    private static Argument HandOn(ProgramBuilder program, IReadOnlyList<int> preserved)
    {
        Argument status = InitDescriptors.Status;
        if (preserved.Count > 1)
        {
            status = program.Call(SyscallNumber.Fcntl, "fcntl", "make room for what is handed on", status, 1030 /* F_DUPFD_CLOEXEC */, 3 + preserved.Count).Into();
            program.MoveStatus(status, "failures are told there");
        }
        GateSteps.HandOn(program, preserved);
        return status;
    }

    /// <summary>With no_new_privs: nothing but waiting and the execve comes after it, so that a filter need not allow what is used before.</summary>
    private static void LoadFilter(ProgramBuilder program, ProcessSpec process, LastSteps last, Argument status)
    {
        if (process.NoNewPrivileges)
            IdentitySteps.LoadFilter(program, last.Filter, last.FilterFlags, status);
    }

    /// <summary>
    /// The runtime of tare-init ignores SIGPIPE and may have others blocked; both survive an execve. So does what the engine's own starter ignored: a background
    /// job of a shell has SIGINT and SIGQUIT ignored, and a shell cannot trap such signals.
    /// </summary>
    private static void DefaultSignals(ProgramBuilder program)
    {
        Argument defaults = program.Bytes(new byte[32]);
        foreach ((string name, int number) in (ReadOnlySpan<(string, int)>)[("SIGHUP", 1), ("SIGINT", 2), ("SIGQUIT", 3), ("SIGPIPE", 13), ("SIGTERM", 15)])
            program.Call(SyscallNumber.RtSigaction, "rt_sigaction", $"{name} ends a process again", number, defaults, 0, 8);
        program.Call(SyscallNumber.RtSigprocmask, "rt_sigprocmask", "no signal is blocked", 2 /* SIG_SETMASK */, program.Bytes(new byte[8]), 0, 8);
    }

    private static string Command(ProcessSpec process, string? executable) => executable ?? (process.Args is { Count: > 0 } given ? given[0] : throw Refuse.Invalid("no command to run"));

    /// <summary>The paths at which the command may be: itself when it has a slash, else one for each directory of PATH.</summary>
    private static string[] Candidates(ProcessSpec process, string? executable)
    {
        string command = Command(process, executable);
        if (command.Contains('/'))
            return [command];
        string path = process.Env?.LastOrDefault(e => e.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? DefaultPath;
        List<string> candidates = [];
        foreach (string directory in path.Split(':', StringSplitOptions.RemoveEmptyEntries))
            candidates.Add($"{directory}/{command}");
        return candidates.Count > 0 ? [.. candidates] : [$"./{command}"];
    }

    private static void Execute(ProgramBuilder program, ProcessSpec process, string? executable)
    {
        string reason = $"run {Command(process, executable)}";
        Argument argv = program.StringArray([.. process.Args!]);
        Argument environment = program.StringArray([.. process.Env ?? []]);
        string[] candidates = Candidates(process, executable);
        if (candidates.Length == 1)
        {
            program.Call(SyscallNumber.Execve, "execve", reason, program.String(candidates[0]), argv, environment);
            return;
        }
        Slot[] slots = [.. candidates.Select(_ => program.NewSlot())];
        for (int i = 0; i < candidates.Length; i++)
            _ = program.Call(SyscallNumber.Execve, "execve", reason, program.String(candidates[i]), argv, environment)
                .Tolerate(0, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES).Into(slots[i]);
        program.FailFromSlots(slots[0], slots.Length, reason);
    }
}
