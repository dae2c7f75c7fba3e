using System.Runtime.InteropServices;
using System.Text;
using Tare.Linux;

namespace Tare.SyscallProgram;

/// <summary>A step as people know it.</summary>
public sealed record Step(string Name, string Reason, IReadOnlyList<Argument> Arguments);

/// <summary>A finished program: the bytes tare-init runs and, kept outside, why each step is there. Immutable.</summary>
public sealed class CompiledProgram
{
    internal CompiledProgram(byte[] image, IReadOnlyList<Step> steps) => (Image, Steps) = (image, steps);

    /// <summary>Header, operations, slots, relocations and pool.</summary>
    public ReadOnlyMemory<byte> Image { get; }

    /// <summary>One for each operation, in order.</summary>
    public IReadOnlyList<Step> Steps { get; }

    /// <summary>A sealed memory file with the image, to be handed to the spawner.</summary>
    public FileDescriptor ToMemoryFile() => Memfd.CreateSealed("tare-program", Image.Span);

    /// <summary>The whole program in plain words, a line for each step.</summary>
    public string Explain()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Steps.Count; i++)
            _ = text.Append($"{i,4}  {Steps[i].Name}({string.Join(", ", Steps[i].Arguments.Select(InWords))})".PadRight(76)).Append("  # ").Append(Steps[i].Reason).Append('\n');
        return text.ToString();
    }

    private string InWords(Argument argument) => argument.Kind switch
    {
        ArgumentKind.Slot => $"result {argument.Value}",
        ArgumentKind.Pool => StringAt((int)argument.Value) ?? "…",
        _ => argument.Value is > 65535 or < -4096 ? $"0x{argument.Value:x}" : argument.Value.ToString(),
    };

    private string? StringAt(int offset)
    {
        ReadOnlySpan<byte> rest = Image.Span[(int)(MemoryMarshal.Read<ProgramHeader>(Image.Span).PoolOffset + offset)..];
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
