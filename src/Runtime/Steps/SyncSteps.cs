using System.Buffers.Binary;
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
        AwaitAnswer(program, reason, InitDescriptors.Status);
    }

    /// <summary>Asks for a descriptor, which is the result. Nothing is on its way but what the spawner sends.</summary>
    public static Slot AskFor(ProgramBuilder program, byte message, int number, string reason)
    {
        byte[] question = [message, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(question.AsSpan(1), number);
        program.Call(SyscallNumber.Write, "write", reason, InitDescriptors.Status, program.Bytes(question), question.Length);
        Argument answer = program.Bytes(new byte[8]);
        Argument control = program.Bytes(new byte[24]); // struct cmsghdr and one number
        Argument header = program.Words(0, 0, program.Words(answer, 1), 1, control, 24, 0);
        program.Call(SyscallNumber.Recvmsg, "recvmsg", $"{reason}: wait", InitDescriptors.Status, header, 0x40000000 /* MSG_CMSG_CLOEXEC */);
        _ = program.Expect(answer, StatusMessage.Continue, 8, -1, Errno.ECANCELED, reason);
        _ = program.Expect(control, 20, 8, -1, Errno.EBADMSG, $"{reason}: no descriptor came");
        return program.Load(control with { Value = control.Value + 16 }, reason);
    }

    /// <summary>Says something with a number that is known only while the program runs.</summary>
    public static void Tell(ProgramBuilder program, byte message, Slot number, string reason, Argument status)
    {
        // The byte lies just before the number, which is aligned.
        Argument buffer = program.Bytes([0, 0, 0, message, 0, 0, 0, 0]);
        program.Store(buffer with { Value = buffer.Value + 4 }, number, 4, reason);
        program.Call(SyscallNumber.Write, "write", reason, status, buffer with { Value = buffer.Value + 3 }, 5);
    }

    /// <summary>Waits for the answer; a spawner that is gone ends the program.</summary>
    public static void AwaitAnswer(ProgramBuilder program, string reason, Argument status)
    {
        Argument answer = program.Bytes(new byte[8]);
        program.Call(SyscallNumber.Read, "read", $"{reason}: wait", status, answer, 1);
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
        Tell(program, StatusMessage.Moved, child, "the program goes on in another process", InitDescriptors.Status);
        program.Call(SyscallNumber.ExitGroup, "exit_group", "this process is done", 0);
        // The spawner must know this process before it hears from it.
        AwaitAnswer(program, "the spawner follows", InitDescriptors.Status);
    }
}
