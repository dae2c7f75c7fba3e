using System.Runtime.InteropServices;
using System.Text;
using Tare.Linux;

namespace Tare.SyscallProgram;

/// <summary>A step as people know it: the call, why it is made, and how many arguments it has.</summary>
public readonly record struct Step(string Name, string Reason, int ArgumentCount);

/// <summary>A finished program: the bytes tare-init runs, in three parts, and, kept outside, why each step is there. Immutable.</summary>
public sealed class CompiledProgram
{
    private readonly ReadOnlyMemory<byte> _operations, _between, _pool;

    /// <summary>Takes the header and the operations, the slots and relocations, and the pool.</summary>
    internal CompiledProgram(ReadOnlyMemory<byte> operations, ReadOnlyMemory<byte> between, ReadOnlyMemory<byte> pool, IReadOnlyList<Step> steps) =>
        (_operations, _between, _pool, Steps) = (operations, between, pool, steps);

    /// <summary>Header, operations, slots, relocations and pool.</summary>
    public byte[] Image => [.. _operations.Span, .. _between.Span, .. _pool.Span];

    /// <summary>One for each operation, in order.</summary>
    public IReadOnlyList<Step> Steps { get; }

    /// <summary>A sealed memory file with the image, to be handed to the spawner.</summary>
    public FileDescriptor ToMemoryFile() => Memfd.CreateSealed("tare-program", _operations.Span, _between.Span, _pool.Span);

    /// <summary>The whole program in plain words, a line for each step.</summary>
    public string Explain()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Steps.Count; i++)
            _ = text.Append($"{i,4}  {Steps[i].Name}({string.Join(", ", ArgumentsOf(i).Select(InWords))})".PadRight(76)).Append("  # ").Append(Steps[i].Reason).Append('\n');
        return text.ToString();
    }

    private Argument[] ArgumentsOf(int step)
    {
        Operation o = MemoryMarshal.Read<Operation>(_operations.Span[(ProgramHeader.Size + (step * Operation.Size))..]);
        long[] values = [o.A0, o.A1, o.A2, o.A3, o.A4, o.A5];
        return [.. values.Take(Steps[step].ArgumentCount).Select((value, i) => new Argument((o.Kinds >> (i * 4)) & 15, value))];
    }

    private string InWords(Argument argument) => argument.Kind switch
    {
        ArgumentKind.Slot => $"result {argument.Value}",
        ArgumentKind.Pool => StringAt((int)argument.Value) ?? "…",
        _ => argument.Value is > 65535 or < -4096 ? $"0x{argument.Value:x}" : argument.Value.ToString(),
    };

    private string? StringAt(int offset)
    {
        ReadOnlySpan<byte> rest = _pool.Span[offset..];
        int end = rest.IndexOf((byte)0);
        ReadOnlySpan<byte> text = end < 0 ? rest : rest[..end];
        return text.IsEmpty || text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7e) >= 0 || end < 0 ? null : $"\"{Encoding.ASCII.GetString(text)}\"";
    }

    /// <summary>What a failure record {operation index, errno} means: the call, its reason and the error's text.</summary>
    public string DescribeFailure(int operation, Errno errno) =>
        operation >= 0 && operation < Steps.Count
            ? $"{Steps[operation].Reason}: {Steps[operation].Name}: {errno.Describe()}"
            : $"tare-init: {errno.Describe()}";
}
