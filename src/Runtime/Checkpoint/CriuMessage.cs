using System.Text;

namespace Tare.Runtime.Checkpoint;

/// <summary>Writes a message of criu's RPC in protobuf's wire form (protobuf.dev/programming-guides/encoding): tag, then a varint or a length with bytes.</summary>
internal sealed class CriuWriter
{
    private readonly List<byte> _bytes = new(512);

    public ReadOnlySpan<byte> Bytes => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);

    public CriuWriter Number(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    /// <summary>Only when it is set: absent flags are false.</summary>
    public CriuWriter Flag(int field, bool value) => value ? Number(field, 1) : this;

    /// <summary>A text; null leaves the field out.</summary>
    public CriuWriter Text(int field, string? value) => value is null ? this : Block(field, Encoding.UTF8.GetBytes(value));

    public CriuWriter Message(int field, CriuWriter inner) => Block(field, inner.Bytes);

    private CriuWriter Block(int field, ReadOnlySpan<byte> content)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)content.Length);
        _bytes.AddRange(content);
        return this;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}

/// <summary>
/// An answer of criu (criu_resp of its rpc.proto): what it is about, whether it went well, and what it tells. Fields of no use here are passed over.
/// </summary>
internal readonly record struct CriuAnswer(int Type, bool Success, int Errno, string Message, string Script, int Pid, int Version, bool MemoryTracking, bool LazyPages)
{
    /// <summary>Takes a message apart; throws <see cref="FormatException"/> for what is not one.</summary>
    public static CriuAnswer Parse(ReadOnlySpan<byte> bytes)
    {
        CriuAnswer answer = new(0, false, 0, "", "", 0, 0, false, false);
        while (Next(ref bytes, out int field, out ulong number, out ReadOnlySpan<byte> block))
            answer = field switch
            {
                1 => answer with { Type = (int)number },
                2 => answer with { Success = number != 0 },
                4 => answer with { Pid = (int)Number(block, 1) },
                5 => answer with { Script = Text(block, 1), Pid = (int)Number(block, 2) },
                7 => answer with { Errno = (int)number },
                8 => answer with { MemoryTracking = Number(block, 1) != 0, LazyPages = Number(block, 2) != 0 },
                9 => answer with { Message = Encoding.UTF8.GetString(block) },
                10 => answer with { Version = (int)((Number(block, 1) * 10000) + (Number(block, 2) * 100) + Number(block, 4)) },
                _ => answer,
            };
        return answer;
    }

    /// <summary>A number by its field in any message, 0 where it is absent.</summary>
    internal static ulong Number(ReadOnlySpan<byte> bytes, int wanted)
    {
        while (Next(ref bytes, out int field, out ulong number, out _))
            if (field == wanted)
                return number;
        return 0;
    }

    private static string Text(ReadOnlySpan<byte> bytes, int wanted)
    {
        while (Next(ref bytes, out int field, out _, out ReadOnlySpan<byte> block))
            if (field == wanted)
                return Encoding.UTF8.GetString(block);
        return "";
    }

    /// <summary>The next field: a varint, or a block of bytes, or a number of fixed size, which no field here has.</summary>
    private static bool Next(ref ReadOnlySpan<byte> bytes, out int field, out ulong number, out ReadOnlySpan<byte> block)
    {
        (field, number) = (0, 0);
        block = default;
        if (bytes.IsEmpty)
            return false;
        ulong tag = Varint(ref bytes);
        field = (int)(tag >> 3);
        int length = 0;
        switch (tag & 7)
        {
            case 0:
                number = Varint(ref bytes);
                return true;
            case 1:
                length = 8;
                break;
            case 2:
                length = (int)Math.Min(Varint(ref bytes), int.MaxValue);
                break;
            case 5:
                length = 4;
                break;
            default:
                throw new FormatException("unknown kind of field");
        }
        if (length > bytes.Length)
            throw new FormatException("a field is cut off");
        block = bytes[..length];
        bytes = bytes[length..];
        return true;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < 10 && i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (i * 7);
            if ((bytes[i] & 0x80) != 0)
                continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
        throw new FormatException("a number is cut off");
    }
}
