using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>
/// The gate between `create` and `start`. A created container may wait for long: it keeps its gate and what it hands on, and nothing that leads to the
/// host.
/// </summary>
internal static class GateSteps
{
    private const string Reason = "nothing of the host stays open";

    /// <summary>
    /// Closes all but the gate, the status socket and what is handed on, which comes to its places from 3 on; returns the numbers of the first two. Under a
    /// filter that forbids it, what is open stays so until the execve.
    /// </summary>
    public static (int Door, int Status) Close(ProgramBuilder program, int gate, IReadOnlyList<int> preserved, bool isFiltered) =>
        preserved.Count == 0 ? CloseAll(program, Compilation.Passed(gate), isFiltered) : MoveDown(program, Compilation.Passed(gate), preserved, isFiltered);

    /// <summary>
    /// Signals that end a created container, as they end one of runc's: its process may be process 1, which no default action reaches. Before the filter.
    /// </summary>
    public static void EndOnSignals(ProgramBuilder program)
    {
        foreach (int signal in (ReadOnlySpan<int>)[1, 2, 3, 15])
            program.EndOn(signal, "ends a container that waits");
    }

    /// <summary>Says that everything is prepared and waits until something can be read: a byte of a fifo or the eight of an eventfd.</summary>
    public static void Wait(ProgramBuilder program, int door, int status)
    {
        program.Call(SyscallNumber.Write, "write", "everything is prepared", status, program.Bytes([StatusMessage.Ready]), 1);
        program.Call(SyscallNumber.Read, "read", "wait for start", door, program.Bytes(new byte[8]), 8);
    }

    private static (int Door, int Status) CloseAll(ProgramBuilder program, int door, bool isFiltered)
    {
        program.Call(SyscallNumber.Close, "close", Reason, InitDescriptors.Program);
        Close(program, InitDescriptors.FirstPassed, door - 1, isFiltered);
        Close(program, door + 1, ~0u, isFiltered);
        return (door, InitDescriptors.Status);
    }

    /// <summary>The gate and the status socket move behind those that are handed on.</summary>
    private static (int Door, int Status) MoveDown(ProgramBuilder program, int gate, IReadOnlyList<int> preserved, bool isFiltered)
    {
        int door = Compilation.Passed(preserved[0]) + preserved.Count, status = door + 1;
        program.Call(SyscallNumber.Dup3, "dup3", "keep the gate", gate, door, Fcntl.O_CLOEXEC);
        program.Call(SyscallNumber.Dup3, "dup3", "make room for what is handed on", InitDescriptors.Status, status, Fcntl.O_CLOEXEC);
        program.MoveStatus(status, "failures are told there");
        HandOn(program, preserved);
        Close(program, 3 + preserved.Count, door - 1, isFiltered);
        Close(program, status + 1, ~0u, isFiltered);
        return (door, status);
    }

    /// <summary>What is handed on comes to its places, each to a number below its own, so that none is overwritten before its turn.</summary>
    public static void HandOn(ProgramBuilder program, IReadOnlyList<int> preserved)
    {
        for (int i = 0; i < preserved.Count; i++)
            program.Call(SyscallNumber.Dup3, "dup3", $"descriptor {3 + i} is handed on", Compilation.Passed(preserved[i]), 3 + i, 0);
    }

    private static void Close(ProgramBuilder program, int first, long last, bool isFiltered)
    {
        if (first > last)
            return;
        OperationHandle close = program.Call(SyscallNumber.CloseRange, "close_range", Reason, first, last, 0);
        if (isFiltered)
            _ = close.TolerateAll();
    }
}
