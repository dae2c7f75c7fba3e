using System.Buffers.Binary;

namespace Tare.Cgroups.V2;

/// <summary>
/// Compiles a device table to an eBPF program of type cgroup/dev. The context is struct bpf_cgroup_dev_ctx {access in the high and type in the low half
/// of a word, major, minor}; the answer is 1 to allow. Each exception is a run of comparisons that skips to the next one.
/// </summary>
internal static class DeviceProgram
{
    // Registers: r1 context, then scratch; r2 type, r3 access, r4 major, r5 minor.
    private const byte LoadWord = 0x61;      // BPF_LDX | BPF_MEM | BPF_W
    private const byte AndConstant = 0x54;   // BPF_ALU | BPF_AND | BPF_K
    private const byte ShiftRight = 0x74;    // BPF_ALU | BPF_RSH | BPF_K
    private const byte MoveRegister = 0xbc;  // BPF_ALU | BPF_MOV | BPF_X
    private const byte MoveConstant = 0xb4;  // BPF_ALU | BPF_MOV | BPF_K
    private const byte JumpEqual = 0x15;     // BPF_JMP | BPF_JEQ | BPF_K
    private const byte JumpNotEqual = 0x55;  // BPF_JMP | BPF_JNE | BPF_K
    private const byte JumpDiffers = 0x5d;   // BPF_JMP | BPF_JNE | BPF_X
    private const byte ExitProgram = 0x95;   // BPF_JMP | BPF_EXIT
    private const DeviceAccess All = DeviceAccess.Read | DeviceAccess.Write | DeviceAccess.MakeNode;

    internal static byte[] Generate(DeviceTable table)
    {
        List<byte[]> program =
        [
            Instruction(LoadWord, 2, 1, 0, 0),
            Instruction(AndConstant, 2, 0, 0, 0xffff),
            Instruction(LoadWord, 3, 1, 0, 0),
            Instruction(ShiftRight, 3, 0, 0, 16),
            Instruction(LoadWord, 4, 1, 4, 0),
            Instruction(LoadWord, 5, 1, 8, 0),
        ];
        foreach (DeviceTable.Entry entry in table.Exceptions)
            program.AddRange(Exception(entry, table.AllowByDefault));
        program.Add(Instruction(MoveConstant, 0, 0, 0, table.AllowByDefault ? 1 : 0));
        program.Add(Instruction(ExitProgram, 0, 0, 0, 0));
        return [.. program.SelectMany(bytes => bytes)];
    }

    private static List<byte[]> Exception(DeviceTable.Entry entry, bool denies)
    {
        // (opcode, destination, source, constant, jumps to the next exception)
        List<(byte Code, byte To, byte From, int Constant, bool Skips)> steps = [(JumpNotEqual, 2, 0, entry.Type == 'b' ? 1 : 2, true)];
        if (denies)
        {
            // Any forbidden bit in the request denies it.
            steps.Add((MoveRegister, 1, 3, 0, false));
            steps.Add((AndConstant, 1, 0, (int)entry.Access, false));
            steps.Add((JumpEqual, 1, 0, 0, true));
        }
        else if (entry.Access != All)
        {
            // Every requested bit must be allowed.
            steps.Add((MoveRegister, 1, 3, 0, false));
            steps.Add((AndConstant, 1, 0, (int)entry.Access, false));
            steps.Add((JumpDiffers, 1, 3, 0, true));
        }
        if (entry.Major is { } major)
            steps.Add((JumpNotEqual, 4, 0, (int)major, true));
        if (entry.Minor is { } minor)
            steps.Add((JumpNotEqual, 5, 0, (int)minor, true));
        steps.Add((MoveConstant, 0, 0, denies ? 0 : 1, false));
        steps.Add((ExitProgram, 0, 0, 0, false));
        return [.. steps.Select((step, at) => Instruction(step.Code, step.To, step.From, (short)(step.Skips ? steps.Count - at - 1 : 0), step.Constant))];
    }

    private static byte[] Instruction(byte code, byte destination, byte source, short offset, int constant)
    {
        byte[] bytes = new byte[8];
        bytes[0] = code;
        bytes[1] = (byte)((source << 4) | destination);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(2), offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), constant);
        return bytes;
    }
}
