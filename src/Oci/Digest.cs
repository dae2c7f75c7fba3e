using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Errors;

namespace Tare.Oci;

/// <summary>
/// A content digest, "sha256:&lt;64 hex&gt;" or "sha512:&lt;128 hex&gt;". A value of this type has been validated, so its parts are safe as path
/// components. Immutable.
/// </summary>
[JsonConverter(typeof(DigestJsonConverter))]
public sealed record Digest : IComparable<Digest>
{
    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    private readonly string _value;

    private Digest(string value) => _value = value;

    /// <summary>"sha256" or "sha512".</summary>
    public string Algorithm => _value[..6];

    /// <summary>The lower-case hexadecimal part.</summary>
    public string Hex => _value[7..];

    /// <summary>The first twelve hexadecimal digits, as Docker shows image ids.</summary>
    public string Short => _value.Substring(7, 12);

    /// <summary>Validates a digest; anything but the two known algorithms in lower-case hexadecimal is InvalidArgument.</summary>
    public static Digest Parse(string text) =>
        TryParse(text, out Digest? digest) ? digest : throw TareException.Invalid($"invalid digest \"{Shown(text)}\": want sha256:<64 hexadecimal digits>");

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Digest? digest)
    {
        int hex = text is null ? 0
            : text.StartsWith("sha256:", StringComparison.Ordinal) ? 64
            : text.StartsWith("sha512:", StringComparison.Ordinal) ? 128 : 0;
        bool valid = hex != 0 && text!.Length == 7 + hex && !text.AsSpan(7).ContainsAnyExcept(HexDigits);
        digest = valid ? new Digest(text!) : null;
        return valid;
    }

    /// <summary>The sha256 digest whose 64 hexadecimal digits these are.</summary>
    public static bool TryFromHex(string? hex, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Digest? digest) =>
        TryParse(hex is null ? null : "sha256:" + hex, out digest);

    /// <summary>Hashes a whole content with SHA-256.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[32];
        _ = SHA256.HashData(content, hash);
        return FromSha256(hash);
    }

    /// <summary>The digest whose raw 32 bytes these are.</summary>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) =>
        hash.Length == 32 ? new Digest("sha256:" + Convert.ToHexStringLower(hash)) : throw new ArgumentException("not 32 bytes", nameof(hash));

    /// <summary>The digest whose raw bytes these are: 32 of SHA-256 or 64 of SHA-512.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> hash) =>
        hash.Length == 64 ? new Digest("sha512:" + Convert.ToHexStringLower(hash)) : FromSha256(hash);

    /// <inheritdoc/>
    public int CompareTo(Digest? other) => string.CompareOrdinal(_value, other?._value);

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => _value;

    private static string Shown(string? text) => text is null ? "" : text.Length <= 100 ? text : text[..100] + "…";
}

/// <summary>Reads and writes <see cref="Digest"/> as a JSON string; an invalid one is a JsonException, so no document smuggles a path in.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    /// <inheritdoc/>
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Digest.TryParse(reader.GetString(), out Digest? digest)
            ? digest : throw new JsonException("invalid digest");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
