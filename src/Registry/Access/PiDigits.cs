using System.Numerics;

namespace Tare.Registry.Access;

/// <summary>
/// The binary digits of pi after the point, which Blowfish takes its first state from. Computed once by Machin's formula in less time than a password check
/// takes; a table of them would be a thousand numbers nobody can proof-read.
/// </summary>
internal static class PiDigits
{
    private const int Guard = 64;

    /// <summary>So many 32-bit words, the first digits first.</summary>
    public static uint[] Words(int count)
    {
        int bits = (count * 32) + Guard;
        BigInteger one = BigInteger.One << bits;
        BigInteger pi = 4 * ((4 * ArcCotangent(5, one)) - ArcCotangent(239, one));
        BigInteger fraction = (pi - (3 * one)) >> Guard;
        byte[] bytes = fraction.ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] digits = new byte[count * 4];
        bytes.CopyTo(digits, digits.Length - bytes.Length);
        uint[] words = new uint[count];
        for (int i = 0; i < count; i++)
            words[i] = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(digits.AsSpan(i * 4));
        return words;
    }

    private static BigInteger ArcCotangent(int x, BigInteger one)
    {
        BigInteger power = one / x;
        BigInteger sum = power;
        int square = x * x;
        for (int n = 3; !power.IsZero; n += 2)
        {
            power /= -square;
            sum += power / n;
        }
        return sum;
    }
}
