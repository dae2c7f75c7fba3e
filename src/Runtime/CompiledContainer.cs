using Tare.Errors;
using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime;

/// <summary>A program ready for the spawner, with the flags its clone needs. Immutable.</summary>
/// <param name="Program">What tare-init runs.</param>
/// <param name="Namespaces">CLONE_NEW… flags of the clone itself.</param>
/// <param name="FirstExecStep">Index of the first execve; a failure from there on is the user's command's.</param>
/// <param name="Command">The command's name, for messages.</param>
/// <param name="IsGated">The program stops at a gate before its execve.</param>
public sealed record CompiledContainer(CompiledProgram Program, ulong Namespaces, int FirstExecStep, string Command, bool IsGated = false)
{
    /// <summary>
    /// The error for a failed operation as users know it: command not found (exit code 127), not executable (126), or the step that failed.
    /// </summary>
    public StartFailure Explain(int operation, Errno errno)
    {
        if (operation < FirstExecStep || (operation < Program.Steps.Count && Program.Steps[operation].Name == "seccomp"))
            return new StartFailure(125, TareException.Internal(Program.DescribeFailure(operation, errno)));
        string message = errno == Errno.ENOENT && !Command.Contains('/')
            ? $"exec: \"{Command}\": executable file not found in $PATH"
            : Command.StartsWith('/') && operation < Program.Steps.Count && Program.Steps[operation].Name == "execve"
            ? $"exec {Command}: {errno.Describe()}" // it may be there, and its interpreter not
            : $"exec: \"{Command}\": {errno.Describe()}";
        return new StartFailure(errno is Errno.ENOENT or Errno.ENOTDIR ? 127 : 126, TareException.Invalid(message));
    }
}

/// <summary>Why a container did not start, and the exit code that says so.</summary>
public sealed record StartFailure(int ExitCode, TareException Error);
