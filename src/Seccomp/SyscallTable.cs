using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;

namespace Tare.Seccomp;

/// <summary>System call numbers by name and architecture; parsed on first use, once per architecture. Thread-safe.</summary>
internal static partial class SyscallTable
{
    /// <summary>Marks an x32 call in the number that a filter sees on x86-64.</summary>
    internal const uint X32Bit = 0x4000_0000;

    /// <summary>First of the calls that only 32-bit ARM has, far above the common ones.</summary>
    internal const uint ArmPrivate = 0xf_0000;

    private static readonly FrozenDictionary<string, uint>?[] Parsed = new FrozenDictionary<string, uint>?[5];

    /// <summary>All calls of an architecture, as the filter sees their numbers.</summary>
    internal static FrozenDictionary<string, uint> For(SeccompArchitecture architecture) => Parsed[Column(architecture)] ??= Parse(architecture);

    private static int Column(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X64 => 0,
        SeccompArchitecture.X86 => 1,
        SeccompArchitecture.X32 => 2,
        SeccompArchitecture.Aarch64 => 3,
        SeccompArchitecture.Arm => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture)),
    };

    private static FrozenDictionary<string, uint> Parse(SeccompArchitecture architecture)
    {
        var numbers = new Dictionary<string, uint>(512);
        int column = Column(architecture);
        foreach (Range lineRange in Rows.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = Rows[lineRange];
            int field = -1;
            string name = "";
            foreach (Range range in line.Split((byte)' '))
            {
                if (field == -1)
                    name = Encoding.ASCII.GetString(line[range]);
                else if (field == column && Utf8Parser.TryParse(line[range], out uint number, out _))
                    numbers[name] = architecture == SeccompArchitecture.X32 ? number | X32Bit : number;
                field++;
            }
        }
        return numbers.ToFrozenDictionary();
    }
}
