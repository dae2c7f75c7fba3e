using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The points at which a program speaks with its spawner over the status socket; see <see cref="StatusMessage"/>.</summary>
internal static class SyncSteps
{
    private const ulong SIGCHLD = 17;

    /// <summary>Says something and waits for the answer.</summary>
    public static void Ask(ProgramBuilder program, byte message, string reason)
    {
        program.Call(SyscallNumber.Write, "write", reason, InitDescriptors.Status, program.Bytes([message]), 1);
        AwaitAnswer(program, reason);
    }

    /// <summary>Says something with a number that is known only while the program runs.</summary>
    public static void Tell(ProgramBuilder program, byte message, Slot number, string reason)
    {
        // The byte lies just before the number, which is aligned.
        Argument buffer = program.Bytes([0, 0, 0, message, 0, 0, 0, 0]);
        program.Store(buffer with { Value = buffer.Value + 4 }, number, 4, reason);
        program.Call(SyscallNumber.Write, "write", reason, InitDescriptors.Status, buffer with { Value = buffer.Value + 3 }, 5);
    }

    /// <summary>Waits for the answer; a spawner that is gone ends the program.</summary>
    public static void AwaitAnswer(ProgramBuilder program, string reason)
    {
        Argument answer = program.Bytes(new byte[8]);
        program.Call(SyscallNumber.Read, "read", $"{reason}: wait", InitDescriptors.Status, answer, 1);
        _ = program.Expect(answer, StatusMessage.Continue, 8, -1, Errno.ECANCELED, reason);
    }

    /// <summary>
    /// Goes on in a child that has the same parent; this process tells its number and ends. For namespaces that only a child can be born into, and
    /// for joins that the kernel refuses to a process with several threads, which tare-init may be.
    /// </summary>
    public static void Move(ProgramBuilder program, ulong namespaces, string reason)
    {
        Slot child = program.Call(SyscallNumber.Clone, "clone", reason, namespaces | Sched.CLONE_PARENT | SIGCHLD, 0, 0, 0, 0).Into();
        program.SkipIfEqual(child, 0, 3, "the child goes on");
        Tell(program, StatusMessage.Moved, child, "the program goes on in another process");
        program.Call(SyscallNumber.ExitGroup, "exit_group", "this process is done", 0);
        // The spawner must know this process before it hears from it.
        AwaitAnswer(program, "the spawner follows");
    }
}
