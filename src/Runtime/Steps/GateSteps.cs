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
    /// Closes all but the gate and what is handed on, which comes to its places from 3 on; returns the gate's number. Under a filter that forbids it, what
    /// is open stays so until the execve.
    /// </summary>
    public static int Close(ProgramBuilder program, int gate, IReadOnlyList<int> preserved, bool isFiltered) =>
        preserved.Count == 0 ? CloseAll(program, Compilation.Passed(gate), isFiltered) : MoveDown(program, Compilation.Passed(gate), preserved, isFiltered);

    /// <summary>Says that everything is prepared and waits for one byte.</summary>
    public static void Wait(ProgramBuilder program, int door, IReadOnlyList<int> preserved)
    {
        program.Call(SyscallNumber.Write, "write", "everything is prepared", InitDescriptors.Status, program.Bytes([StatusMessage.Ready]), 1);
        program.Call(SyscallNumber.Read, "read", "wait for start", door, program.Bytes(new byte[8]), 1);
        if (preserved.Count > 1)
            program.Call(SyscallNumber.Dup3, "dup3", $"descriptor {InitDescriptors.Status} is handed on", door + 1, InitDescriptors.Status, 0);
    }

    private static int CloseAll(ProgramBuilder program, int door, bool isFiltered)
    {
        program.Call(SyscallNumber.Close, "close", Reason, InitDescriptors.Program);
        Close(program, InitDescriptors.FirstPassed, door - 1, isFiltered);
        Close(program, door + 1, ~0u, isFiltered);
        return door;
    }

    /// <summary>
    /// The gate, and the descriptor whose place the status socket still has, move behind those that are handed on; these move down, each to a number below
    /// its own, so that none is overwritten before its turn.
    /// </summary>
    private static int MoveDown(ProgramBuilder program, int gate, IReadOnlyList<int> preserved, bool isFiltered)
    {
        int door = Compilation.Passed(preserved[0]) + preserved.Count;
        program.Call(SyscallNumber.Dup3, "dup3", "keep the gate", gate, door, Fcntl.O_CLOEXEC);
        if (preserved.Count > 1)
            program.Call(SyscallNumber.Dup3, "dup3", "keep a descriptor whose place is taken", Compilation.Passed(preserved[1]), door + 1, Fcntl.O_CLOEXEC);
        for (int i = 0; i < preserved.Count; i++)
            if (3 + i != InitDescriptors.Status)
                program.Call(SyscallNumber.Dup3, "dup3", $"descriptor {3 + i} is handed on", Compilation.Passed(preserved[i]), 3 + i, 0);
        Close(program, Math.Max(3 + preserved.Count, InitDescriptors.FirstPassed), door - 1, isFiltered);
        Close(program, door + (preserved.Count > 1 ? 2 : 1), ~0u, isFiltered);
        return door;
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
