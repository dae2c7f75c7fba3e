using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tare.Registry.Access;

/// <summary>
/// The password hash of htpasswd -B: bcrypt as in "A Future-Adaptable Password Scheme" (Provos and Mazières, 1999), in the variants 2a, 2b and 2y, which
/// are the same for passwords without defects of old implementations. Pure; takes milliseconds to seconds, by the cost.
/// </summary>
internal static class Bcrypt
{
    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly System.Buffers.SearchValues<char> Characters = System.Buffers.SearchValues.Create(Alphabet);
    private const int MaxPassword = 72;
    private const int SaltLength = 16;
    private const int HashLength = 23;

    /// <summary>"$2y$05$" with 22 characters of salt and 31 of hash.</summary>
    public const int TextLength = 60;

    /// <summary>True for a text that <see cref="Verify"/> can compare with.</summary>
    public static bool IsHash(string text) => TryParse(text, out _, out _);

    /// <summary>True when the password has this hash. Takes as long for a wrong password as for the right one.</summary>
    public static bool Verify(string password, string hash)
    {
        if (!TryParse(hash, out int cost, out byte[] salt))
            return false;
        string computed = Text(hash[..4], cost, salt, Raw(password, cost, salt));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(computed), Encoding.ASCII.GetBytes(hash));
    }

    /// <summary>Hashes a password with a new salt.</summary>
    public static string Hash(string password, int cost = 10)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        return Text("$2y$", cost, salt, Raw(password, cost, salt));
    }

    private static bool TryParse(string text, out int cost, out byte[] salt)
    {
        cost = 0;
        salt = [];
        bool shape = text.Length == TextLength && text.StartsWith("$2", StringComparison.Ordinal) && text[2] is 'a' or 'b' or 'y' && text[3] == '$' && text[6] == '$'
            && int.TryParse(text.AsSpan(4, 2), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out cost) && cost is >= 4 and <= 31
            && !text.AsSpan(7).ContainsAnyExcept(Characters);
        if (shape)
            salt = Decode(text.AsSpan(7, 22), SaltLength);
        return shape;
    }

    private static byte[] Raw(string password, int cost, byte[] salt)
    {
        // The key ends with a zero byte; what is beyond 72 bytes does not count, as in every implementation.
        byte[] key = [.. Encoding.UTF8.GetBytes(password), 0];
        if (key.Length > MaxPassword)
            key = key[..MaxPassword];
        var cipher = new Blowfish();
        cipher.Expand(key, salt);
        for (long rounds = 1L << cost; rounds > 0; rounds--)
        {
            cipher.Expand(key, []);
            cipher.Expand(salt, []);
        }
        byte[] text = Encoding.ASCII.GetBytes("OrpheanBeholderScryDoubt");
        for (int block = 0; block < text.Length; block += 8)
        {
            uint left = BinaryPrimitives.ReadUInt32BigEndian(text.AsSpan(block));
            uint right = BinaryPrimitives.ReadUInt32BigEndian(text.AsSpan(block + 4));
            for (int i = 0; i < 64; i++)
                cipher.Encrypt(ref left, ref right);
            BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(block), left);
            BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(block + 4), right);
        }
        return text[..HashLength];
    }

    private static string Text(string prefix, int cost, byte[] salt, byte[] hash) => $"{prefix}{cost:00}${Encode(salt)}{Encode(hash)}";

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        int bits = 0, value = 0;
        foreach (byte b in bytes)
        {
            value = (value << 8) | b;
            for (bits += 8; bits >= 6; bits -= 6)
                _ = text.Append(Alphabet[(value >> (bits - 6)) & 63]);
        }
        return (bits > 0 ? text.Append(Alphabet[(value << (6 - bits)) & 63]) : text).ToString();
    }

    private static byte[] Decode(ReadOnlySpan<char> text, int length)
    {
        byte[] bytes = new byte[length];
        int bits = 0, value = 0, at = 0;
        foreach (char c in text)
        {
            value = (value << 6) | Alphabet.IndexOf(c, StringComparison.Ordinal);
            bits += 6;
            if (bits >= 8 && at < length)
                bytes[at++] = (byte)(value >> (bits -= 8));
        }
        return bytes;
    }
}
