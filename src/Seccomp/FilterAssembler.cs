using System.Buffers.Binary;

namespace Tare.Seccomp;

/// <summary>
/// Writes classic BPF from the last instruction to the first. Jumps in BPF only go forward, so every target exists when the jump to it is written, and
/// offsets are known. A label is an instruction's distance from the program's end. Not thread-safe; one per filter.
/// </summary>
internal sealed class FilterAssembler
{
    internal const ushort JumpEqual = 0x15;   // BPF_JMP | BPF_JEQ | BPF_K
    internal const ushort JumpGreater = 0x25; // BPF_JMP | BPF_JGT | BPF_K
    internal const ushort JumpAtLeast = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    private const ushort LoadWord = 0x20;     // BPF_LD | BPF_W | BPF_ABS
    private const ushort And = 0x54;          // BPF_ALU | BPF_AND | BPF_K
    private const ushort JumpAlways = 0x05;   // BPF_JMP | BPF_JA
    private const ushort ReturnValue = 0x06;  // BPF_RET | BPF_K
    private const int Reach = 255;

    private readonly List<(ushort Code, byte True, byte False, uint K)> _reversed = [];
    private readonly Dictionary<uint, int> _returns = [];

    /// <summary>Instructions so far.</summary>
    internal int Length => _reversed.Count;

    /// <summary>A "return value" within reach of the next instructions, shared where possible.</summary>
    internal int Return(uint value)
    {
        // Leave slack for the instructions written between this and the jump that uses it.
        if (_returns.TryGetValue(value, out int label) && Length - label < Reach - 16)
            return label;
        return _returns[value] = Add(ReturnValue, 0, 0, value);
    }

    /// <summary>Loads a 32-bit word of struct seccomp_data, then goes on at <paramref name="next"/>.</summary>
    internal int Load(uint offset, int next)
    {
        Reachable(next);
        return Add(LoadWord, 0, 0, offset);
    }

    /// <summary>Masks the accumulator, then goes on at <paramref name="next"/>.</summary>
    internal int Mask(uint mask, int next)
    {
        Reachable(next);
        return Add(And, 0, 0, mask);
    }

    /// <summary>Compares the accumulator with a constant.</summary>
    internal int Branch(ushort comparison, uint constant, int whenTrue, int whenFalse)
    {
        // An out-of-reach target gets an unconditional jump just behind the branch; adding one moves the other target away by one.
        if (Length - whenTrue > Reach - 1)
            whenTrue = Jump(whenTrue);
        if (Length - whenFalse > Reach - 1)
            whenFalse = Jump(whenFalse);
        return Add(comparison, (byte)(Length - whenTrue - 1), (byte)(Length - whenFalse - 1), constant);
    }

    /// <summary>The finished program, first instruction first, as struct sock_filter records.</summary>
    internal byte[] Finish()
    {
        byte[] bytes = new byte[Length * 8];
        for (int i = 0; i < Length; i++)
        {
            (ushort code, byte whenTrue, byte whenFalse, uint k) = _reversed[Length - 1 - i];
            Span<byte> record = bytes.AsSpan(i * 8, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(record, code);
            record[2] = whenTrue;
            record[3] = whenFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(record[4..], k);
        }
        return bytes;
    }

    /// <summary>Makes <paramref name="label"/> the instruction that follows the next one written.</summary>
    private void Reachable(int label)
    {
        if (label != Length - 1)
            _ = Jump(label);
    }

    private int Jump(int label) => Add(JumpAlways, 0, 0, (uint)(Length - label - 1));

    private int Add(ushort code, byte whenTrue, byte whenFalse, uint k)
    {
        _reversed.Add((code, whenTrue, whenFalse, k));
        return Length - 1;
    }
}
