namespace Tare.Registry.Access;

/// <summary>Schneier's cipher with the key schedule that <see cref="Bcrypt"/> needs. Not thread-safe.</summary>
internal sealed class Blowfish
{
    private const int Rounds = 16;
    private const int BoxSize = 256;
    private static readonly Lazy<uint[]> Initial = new(() => PiDigits.Words(Rounds + 2 + (4 * BoxSize)));

    /// <summary>18 round keys, then four boxes of 256 words.</summary>
    private readonly uint[] _state = [.. Initial.Value];

    /// <summary>Mixes a key into the state, and a salt into what replaces it; an empty salt is one of zeros.</summary>
    public void Expand(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        int at = 0;
        for (int i = 0; i < Rounds + 2; i++)
            _state[i] ^= NextWord(key, ref at);
        uint left = 0, right = 0;
        at = 0;
        for (int i = 0; i < _state.Length; i += 2)
        {
            if (!salt.IsEmpty)
            {
                left ^= NextWord(salt, ref at);
                right ^= NextWord(salt, ref at);
            }
            Encrypt(ref left, ref right);
            _state[i] = left;
            _state[i + 1] = right;
        }
    }

    /// <summary>Encrypts one block of 64 bits.</summary>
    public void Encrypt(ref uint left, ref uint right)
    {
        ReadOnlySpan<uint> keys = _state.AsSpan(0, Rounds + 2);
        ReadOnlySpan<uint> boxes = _state.AsSpan(Rounds + 2, 4 * BoxSize);
        uint l = left ^ keys[0];
        uint r = right;
        for (int i = 1; i <= Rounds; i += 2)
        {
            r ^= Mix(boxes, l) ^ keys[i];
            l ^= Mix(boxes, r) ^ keys[i + 1];
        }
        left = r ^ keys[Rounds + 1];
        right = l;
    }

    private static uint Mix(ReadOnlySpan<uint> boxes, uint x) =>
        ((boxes[(int)(x >> 24)] + boxes[BoxSize + (int)((x >> 16) & 255)]) ^ boxes[(2 * BoxSize) + (int)((x >> 8) & 255)]) + boxes[(3 * BoxSize) + (int)(x & 255)];

    private static uint NextWord(ReadOnlySpan<byte> bytes, ref int at)
    {
        uint word = 0;
        for (int i = 0; i < 4; i++, at = (at + 1) % bytes.Length)
            word = (word << 8) | bytes[at];
        return word;
    }
}
