using System.Text;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>
/// A command that is looked for before the gate, while its absence can be told, and executed behind it, where nobody listens any more: when that fails, its own
/// stderr gets a line, as runc writes it.
/// </summary>
internal sealed class FoundCommand
{
    private static readonly Errno[] Known = [Errno.ENOENT, Errno.EACCES, Errno.ENOEXEC, Errno.E2BIG, Errno.ETXTBSY];
    private readonly ProgramBuilder _program;
    private readonly string[] _candidates;
    private readonly Slot[] _found;
    private readonly Argument _arguments;
    private readonly Argument _environment;

    private FoundCommand(ProgramBuilder program, ProcessSpec process, string[] candidates)
    {
        (_program, _candidates) = (program, candidates);
        _found = [.. candidates.Select(_ => program.NewSlot())];
        _arguments = program.StringArray([.. process.Args!]);
        _environment = program.StringArray([.. process.Env ?? []]);
    }

    /// <summary>
    /// The call that looks, given the filter that is in force by then, or null when it lets none through: profiles are older than faccessat2(2) of Linux 5.8. The
    /// older call goes by the real user, who is the effective one here.
    /// </summary>
    public static int? LookingCall(SeccompSpec? filter) =>
        filter is null || SeccompConfiguration.Allows(filter, "faccessat2") ? SyscallNumber.Faccessat2
        : SeccompConfiguration.Allows(filter, "faccessat") ? SyscallNumber.Faccessat : null;

    /// <summary>Looks at the candidates in their order until one may be executed.</summary>
    public static FoundCommand Find(ProgramBuilder program, ProcessSpec process, string[] candidates, int call)
    {
        FoundCommand command = new(program, process, candidates);
        string reason = $"find {process.Args![0]}";
        for (int i = 0; i < candidates.Length; i++)
            _ = program.Call(call, call == SyscallNumber.Faccessat ? "faccessat" : "faccessat2", reason, Compilation.CurrentDirectory, program.String(candidates[i]), 1 /* X_OK */, 0x200 /* AT_EACCESS */)
                .Tolerate(0, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES).OnSuccessSkip(candidates.Length - i).Into(command._found[i]);
        program.FailFromSlots(command._found[0], candidates.Length, reason);
        return command;
    }

    /// <summary>Becomes the first candidate that was found; write and execve are all that this calls.</summary>
    public void Execute()
    {
        int count = _candidates.Length;
        Slot result = _program.NewSlot();
        for (int i = 0; i < count && count > 1; i++)
            _program.SkipIfEqual(_found[i], 0, count - 1 + i, $"{_candidates[i]} was found"); // the rest of these, and two for each candidate before
        for (int i = 0; i < count; i++)
        {
            int rest = 2 * (count - 1 - i);
            _ = _program.Call(SyscallNumber.Execve, "execve", $"run {_candidates[i]}", _program.String(_candidates[i]), _arguments, _environment).TolerateAll().Into(result);
            Write($"exec {_candidates[i]}: ", rest);
        }
        foreach (Errno errno in Known)
            _program.SkipIfEqual(result, -(int)errno, Known.Length, "say why the command cannot run");
        string[] reasons = ["cannot be executed\n", .. Known.Select(errno => errno.Describe() + "\n")];
        for (int i = 0; i < reasons.Length; i++)
            Write(reasons[i], reasons.Length - 1 - i);
        _program.FailFromSlots(result, 1, $"run {_candidates[0]}");
    }

    /// <summary>A part of the line; the operations behind it, as many as <paramref name="skip"/>, are for other cases.</summary>
    private void Write(string text, int skip)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        _ = _program.Call(SyscallNumber.Write, "write", "say why the command cannot run", 2, _program.Bytes(bytes), bytes.Length).TolerateAll(skip).OnSuccessSkip(skip);
    }
}
