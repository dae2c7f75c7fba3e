using System.Buffers.Binary;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Tar;

/// <summary>Fields of the 512-byte header: text, octal and base-256 numbers, the checksum. Pure.</summary>
internal static class TarField
{
    public const int BlockSize = 512;

    /// <summary>Text up to the first zero byte.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return FileName.Decode(end < 0 ? field : field[..end]);
    }

    /// <summary>An octal number, or GNU's big-endian two's complement when the first bit is set.</summary>
    public static long Number(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
            return Base256(field, what);
        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        long value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
                throw TareException.Invalid($"broken archive: the {what} of an entry is no number");
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    /// <summary>True when the stored checksum is the sum of the header's bytes, counted unsigned or (old writers) signed.</summary>
    public static bool ChecksumMatches(ReadOnlySpan<byte> header)
    {
        long unsigned = 0, signed = 0;
        for (int i = 0; i < BlockSize; i++)
        {
            byte value = i is >= 148 and < 156 ? (byte)' ' : header[i];
            unsigned += value;
            signed += (sbyte)value;
        }
        ReadOnlySpan<byte> stored = header.Slice(148, 8);
        if ((stored[0] & 0x80) != 0 || stored.Trim(" \0"u8).ContainsAnyExceptInRange((byte)'0', (byte)'7'))
            return false;
        long expected = Number(stored, "checksum");
        return expected == unsigned || expected == signed;
    }

    /// <summary>Writes octal digits ending in a zero byte; false when the number needs more.</summary>
    public static bool TryWriteOctal(Span<byte> field, long value)
    {
        int digits = field.Length - 1;
        if (value < 0 || (digits < 21 && value >> (3 * digits) != 0))
            return false;
        for (int i = digits - 1; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
        field[digits] = 0;
        return true;
    }

    private static long Base256(ReadOnlySpan<byte> field, string what)
    {
        bool negative = (field[0] & 0x40) != 0;
        byte fill = negative ? (byte)0xff : (byte)0;
        ReadOnlySpan<byte> low = field[^Math.Min(8, field.Length)..];
        for (int i = 0; i < field.Length - 8; i++)
        {
            if ((i == 0 ? (byte)(field[i] | (negative ? 0x80 : 0)) & (negative ? 0xff : 0x7f) : field[i]) != fill)
                throw TareException.Invalid($"broken archive: the {what} of an entry is too large");
        }
        Span<byte> wide = stackalloc byte[8];
        wide.Fill(fill);
        low.CopyTo(wide[(8 - low.Length)..]);
        if (low.Length == field.Length)
            wide[8 - low.Length] = (byte)(negative ? wide[8 - low.Length] : wide[8 - low.Length] & 0x7f);
        long value = BinaryPrimitives.ReadInt64BigEndian(wide);
        return negative == value < 0 ? value : throw TareException.Invalid($"broken archive: the {what} of an entry is too large");
    }
}
