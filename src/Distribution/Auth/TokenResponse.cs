using System.Text.Json.Serialization;

namespace Tare.Distribution.Auth;

/// <summary>What a token server answers (distribution's token specification); some name the token after OAuth 2.</summary>
internal sealed record TokenResponse
{
    [JsonPropertyName("token")]
    public string? Token { get; init; }
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }
    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }
    [JsonPropertyName("expires_in")]
    public long ExpiresIn { get; init; }

    /// <summary>The token by either name.</summary>
    [JsonIgnore]
    public string Value => Token is { Length: > 0 } ? Token : AccessToken ?? "";
}
