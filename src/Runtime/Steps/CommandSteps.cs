using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The last steps: signals back to their defaults, the gate, and the execve of the user's command, searched for in PATH.</summary>
internal static class CommandSteps
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Returns the index of the first execve.</summary>
    public static int Emit(ProgramBuilder program, ProcessSpec process, Slot workingDirectory, bool supervise, int? gate)
    {
        program.Call(SyscallNumber.Fchdir, "fchdir", $"working directory {process.Cwd}", workingDirectory);
        if (gate is { } index)
            program.Call(SyscallNumber.Read, "read", "wait for start", Compilation.Passed(index), program.Bytes(new byte[8]), 1);
        if (supervise)
            program.Supervise("process 1 stays to forward signals and reap");
        // The runtime of tare-init ignores SIGPIPE and may have others blocked; both survive an execve.
        program.Call(SyscallNumber.RtSigaction, "rt_sigaction", "SIGPIPE ends a process again", 13, program.Bytes(new byte[32]), 0, 8);
        program.Call(SyscallNumber.RtSigprocmask, "rt_sigprocmask", "no signal is blocked", 2 /* SIG_SETMASK */, program.Bytes(new byte[8]), 0, 8);
        int first = program.Count;
        Execute(program, process);
        return first;
    }

    private static void Execute(ProgramBuilder program, ProcessSpec process)
    {
        IList<string> arguments = process.Args is { Count: > 0 } given ? given : throw Refuse.Invalid("no command to run");
        string command = arguments[0];
        string reason = $"run {command}";
        Argument argv = program.StringArray([.. arguments]);
        Argument environment = program.StringArray([.. process.Env ?? []]);
        if (command.Contains('/'))
        {
            program.Call(SyscallNumber.Execve, "execve", reason, program.String(command), argv, environment);
            return;
        }
        string path = process.Env?.LastOrDefault(e => e.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? DefaultPath;
        string[] directories = [.. path.Split(':').Where(d => d.Length > 0)];
        Slot[] slots = [.. directories.Select(_ => program.NewSlot())];
        for (int i = 0; i < directories.Length; i++)
            _ = program.Call(SyscallNumber.Execve, "execve", reason, program.String($"{directories[i]}/{command}"), argv, environment)
                .Tolerate(0, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES).Into(slots[i]);
        program.FailFromSlots(slots.Length > 0 ? slots[0] : program.NewSlot(), slots.Length, reason);
    }
}
