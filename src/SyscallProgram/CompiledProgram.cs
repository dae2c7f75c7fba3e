using System.Text;
using Tare.Linux;

namespace Tare.SyscallProgram;

/// <summary>A step as people read it; <paramref name="Texts"/> are the arguments in words.</summary>
public sealed record Step(string Name, string Reason, IReadOnlyList<Argument> Arguments, IReadOnlyList<string> Texts);

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
            _ = text.Append($"{i,4}  {Steps[i].Name}({string.Join(", ", Steps[i].Texts)})".PadRight(76)).Append("  # ").Append(Steps[i].Reason).Append('\n');
        return text.ToString();
    }

    /// <summary>What a failure record {operation index, errno} means: the call, its reason and the error's text.</summary>
    public string DescribeFailure(int operation, Errno errno) =>
        operation >= 0 && operation < Steps.Count
            ? $"{Steps[operation].Reason}: {Steps[operation].Name}: {errno.Describe()}"
            : $"tare-init: {errno.Describe()}";
}
