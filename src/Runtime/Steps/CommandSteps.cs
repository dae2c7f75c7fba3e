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
        if (last.Gate is not null || last.Preserved.Count > 1)
            Find(program, process, last.Executable); // while a failure can still be told
        if (last.Gate is { } gate)
        {
            // Only the execve looks at it, and the gate is the last thing before that.
            LabelSteps.Write(program, process, last.Label);
            int door = GateSteps.Close(program, gate, last.Preserved, isFiltered: !process.NoNewPrivileges);
            DefaultSignals(program);
            LoadFilter(program, process, last);
            GateSteps.Wait(program, door, last.Preserved);
        }
        else
        {
            // The filter is for process 1 too, which stays with the signals blocked that it takes in turn.
            if (last.Supervise)
                LoadFilter(program, process, last);
            if (last.Supervise)
                program.Supervise("process 1 stays to forward signals and reap");
            DefaultSignals(program);
            LabelSteps.Write(program, process, last.Label);
            if (!last.Supervise)
                LoadFilter(program, process, last);
            // Downwards, as the status socket is among the numbers that are overwritten.
            for (int i = last.Preserved.Count - 1; i >= 0; i--)
                program.Call(SyscallNumber.Dup3, "dup3", $"descriptor {3 + i} is handed on", Compilation.Passed(last.Preserved[i]), 3 + i, 0);
            first = last.Preserved.Count <= 1 ? program.Count : first;
        }
        Execute(program, process, last.Executable, isLate: last.Gate is not null);
        return first;
    }

    /// <summary>With no_new_privs: nothing but waiting and the execve comes after it, so that a filter need not allow what is used before.</summary>
    private static void LoadFilter(ProgramBuilder program, ProcessSpec process, LastSteps last)
    {
        if (process.NoNewPrivileges)
            IdentitySteps.LoadFilter(program, last.Filter, last.FilterFlags);
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

    /// <summary>Checks that the command is there while somebody listens.</summary>
    private static void Find(ProgramBuilder program, ProcessSpec process, string? executable)
    {
        string reason = $"find {Command(process, executable)}";
        string[] candidates = Candidates(process, executable);
        Slot[] slots = [.. candidates.Select(_ => program.NewSlot())];
        for (int i = 0; i < candidates.Length; i++)
            _ = program.Call(SyscallNumber.Faccessat2, "faccessat2", reason, Compilation.CurrentDirectory, program.String(candidates[i]), 1 /* X_OK */, 0x200 /* AT_EACCESS */)
                .Tolerate(0, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES).OnSuccessSkip(candidates.Length - i).Into(slots[i]);
        program.FailFromSlots(slots[0], slots.Length, reason);
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

    private static void Execute(ProgramBuilder program, ProcessSpec process, string? executable, bool isLate)
    {
        string command = Command(process, executable);
        string reason = $"run {command}";
        Argument argv = program.StringArray([.. process.Args!]);
        Argument environment = program.StringArray([.. process.Env ?? []]);
        string[] candidates = Candidates(process, executable);
        Slot[] slots = [.. candidates.Select(_ => program.NewSlot())];
        if (candidates.Length == 1)
        {
            OperationHandle execve = program.Call(SyscallNumber.Execve, "execve", reason, program.String(candidates[0]), argv, environment);
            if (!isLate)
                return;
            _ = execve.TolerateAll().Into(slots[0]);
            Complain(program, slots[0], candidates[0]);
            program.FailFromSlots(slots[0], 1, reason);
            return;
        }
        for (int i = 0; i < candidates.Length; i++)
            _ = program.Call(SyscallNumber.Execve, "execve", reason, program.String(candidates[i]), argv, environment)
                .Tolerate(0, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES).Into(slots[i]);
        program.FailFromSlots(slots[0], slots.Length, reason);
    }

    /// <summary>Nobody listens any more when a command fails after `start`: its own stderr gets a line, as runc writes it.</summary>
    private static void Complain(ProgramBuilder program, Slot result, string path)
    {
        const string Reason = "say why the command cannot run";
        Errno[] known = [Errno.ENOENT, Errno.EACCES, Errno.ENOEXEC, Errno.E2BIG, Errno.ETXTBSY];
        foreach (Errno errno in known)
            program.SkipIfEqual(result, -(int)errno, known.Length, Reason);
        string[] lines = [$"exec {path}: cannot be executed\n", .. known.Select(errno => $"exec {path}: {errno.Describe()}\n")];
        for (int i = 0; i < lines.Length; i++)
        {
            byte[] line = System.Text.Encoding.UTF8.GetBytes(lines[i]);
            _ = program.Call(SyscallNumber.Write, "write", Reason, 2, program.Bytes(line), line.Length).TolerateAll(lines.Length - 1 - i).OnSuccessSkip(lines.Length - 1 - i);
        }
    }
}
