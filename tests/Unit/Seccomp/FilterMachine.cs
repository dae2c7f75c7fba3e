using System.Buffers.Binary;
using Tare.Seccomp;

namespace Tare.Tests.Unit.Seccomp;

/// <summary>Runs a classic BPF filter as the kernel does, refusing what its checker would refuse.</summary>
internal static class FilterMachine
{
    internal const uint Allow = 0x7fff_0000;
    internal const uint Eperm = 0x0005_0001;
    internal const uint Enosys = 0x0005_0026;
    internal const uint KillThread = 0;
    internal const uint AuditX64 = 0xC000_003E;
    internal const uint AuditX86 = 0x4000_0003;
    internal const uint AuditArm64 = 0xC000_00B7;
    internal const uint AuditArm = 0x4000_0028;

    internal static uint Run(SeccompFilter filter, uint architecture, uint number, params ulong[] arguments) =>
        Run(filter, architecture, number, out _, arguments);

    internal static uint Run(SeccompFilter filter, uint architecture, uint number, out int steps, params ulong[] arguments)
    {
        byte[] data = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (int i = 0; i < arguments.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (i * 8)), arguments[i]);
        uint accumulator = 0;
        int at = 0;
        for (steps = 1; ; steps++, at++)
        {
            ReadOnlySpan<byte> instruction = filter.Program.AsSpan(at * 8, 8);
            uint k = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            switch (BinaryPrimitives.ReadUInt16LittleEndian(instruction))
            {
                case 0x20:
                    Assert.True(k <= 60 && k % 4 == 0);
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)k));
                    break;
                case 0x54: accumulator &= k; break;
                case 0x05: at += (int)k; break;
                case 0x15: at += accumulator == k ? instruction[2] : instruction[3]; break;
                case 0x25: at += accumulator > k ? instruction[2] : instruction[3]; break;
                case 0x35: at += accumulator >= k ? instruction[2] : instruction[3]; break;
                case 0x06: return k;
                default: throw new InvalidOperationException("instruction the compiler should not write");
            }
        }
    }
}
