using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Tare.Registry.Access;

/// <summary>What the configuration says of bearer tokens.</summary>
public sealed record TokenOptions
{
    /// <summary>URL where clients get tokens.</summary>
    public required string Realm { get; init; }

    /// <summary>This registry's name in tokens; the "aud" claim.</summary>
    public required string Service { get; init; }

    /// <summary>The token server's name; the "iss" claim.</summary>
    public required string Issuer { get; init; }

    /// <summary>PEM files of public keys or certificates, by the key id that tokens use, or "" for the key's own fingerprints.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Keys { get; init; }
}

/// <summary>
/// Verifies JSON web tokens of the distribution token scheme. Only keys of the configuration count: what a token's header brings or points to (jwk, jku, x5c)
/// is not looked at, its "kid" is a name to look up and nothing more, and its "alg" must fit the key. Thread-safe.
/// </summary>
internal sealed class TokenVerifier
{
    private const int MaxLength = 64 * 1024;
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    private readonly TokenOptions _options;
    private readonly List<TokenKey> _keys;
    private readonly Dictionary<string, TokenKey> _byId = new(StringComparer.Ordinal);

    public TokenVerifier(TokenOptions options)
    {
        _options = options;
        _keys = [.. options.Keys.Select(key => TokenKey.Load(key.Value, key.Key.Length == 0 ? null : key.Key))];
        foreach (TokenKey key in _keys)
        {
            foreach (string id in key.Ids)
                _byId[id] = key;
        }
    }

    /// <summary>The caller that a valid token names; null for any other text.</summary>
    public Caller? Verify(string token, DateTimeOffset now)
    {
        string[] parts = token.Length <= MaxLength ? token.Split('.') : [];
        if (parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } payload || Decode(parts[2]) is not { } signature)
            return null;
        try
        {
            using var head = JsonDocument.Parse(header);
            if (KeyOf(head.RootElement) is not { } key || Text(head.RootElement, "alg") is not { } algorithm || head.RootElement.TryGetProperty("crit", out _))
                return null;
            if (!key.Verifies(algorithm, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature))
                return null;
            using var claims = JsonDocument.Parse(payload);
            return IsForUsNow(claims.RootElement, now) ? new Caller(Text(claims.RootElement, "sub") is { Length: > 0 } name ? name : null, TokenAccess.Read(claims.RootElement)) : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The WWW-Authenticate header for a scope.</summary>
    public string Challenge(string? scope, bool hadCredentials)
    {
        string header = $"Bearer realm=\"{_options.Realm}\",service=\"{_options.Service}\"";
        if (scope is not null)
            header += $",scope=\"{scope}\"";
        return hadCredentials ? header + (scope is null ? ",error=\"invalid_token\"" : ",error=\"insufficient_scope\"") : header;
    }

    private TokenKey? KeyOf(JsonElement header)
    {
        if (Text(header, "kid") is { } id)
            return _byId.GetValueOrDefault(id);
        // Without a name there is no choice to be made only when there is one key.
        return _keys.Count == 1 ? _keys[0] : null;
    }

    private bool IsForUsNow(JsonElement claims, DateTimeOffset now)
    {
        if (claims.ValueKind != JsonValueKind.Object || Text(claims, "iss") != _options.Issuer || !IsForUs(claims))
            return false;
        if (Time(claims, "exp") is not { } expires || now > expires + Skew)
            return false;
        return !claims.TryGetProperty("nbf", out _) || (Time(claims, "nbf") is { } begins && now >= begins - Skew);
    }

    private bool IsForUs(JsonElement claims) => claims.TryGetProperty("aud", out JsonElement audience) && audience.ValueKind switch
    {
        JsonValueKind.String => audience.GetString() == _options.Service,
        JsonValueKind.Array => audience.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.GetString() == _options.Service),
        _ => false,
    };

    private static DateTimeOffset? Time(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out JsonElement found) && found.ValueKind == JsonValueKind.Number && found.TryGetDouble(out double seconds) && Math.Abs(seconds) < 1e11
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;

    private static byte[]? Decode(string part) => Base64Url.IsValid(part) ? Base64Url.DecodeFromChars(part) : null;
}
