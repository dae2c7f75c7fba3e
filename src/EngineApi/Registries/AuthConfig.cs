using System.Text.Json;
using Tare.EngineApi.Json;

namespace Tare.EngineApi.Registries;

/// <summary>What a client has for a registry: body of POST /auth, content of the header X-Registry-Auth.</summary>
public sealed class AuthConfig
{
    [JsonPropertyName("username"), JsonIgnore(Condition = WhenWritingNull)] public string? Username { get; set; }
    [JsonPropertyName("password"), JsonIgnore(Condition = WhenWritingNull)] public string? Password { get; set; }

    /// <summary>Name and password as base64 of "name:password", as config.json has it.</summary>
    [JsonPropertyName("auth"), JsonIgnore(Condition = WhenWritingNull)] public string? Auth { get; set; }
    [JsonPropertyName("email"), JsonIgnore(Condition = WhenWritingNull)] public string? Email { get; set; }
    [JsonPropertyName("serveraddress"), JsonIgnore(Condition = WhenWritingNull)] public string? ServerAddress { get; set; }
    [JsonPropertyName("identitytoken"), JsonIgnore(Condition = WhenWritingNull)] public string? IdentityToken { get; set; }
    [JsonPropertyName("registrytoken"), JsonIgnore(Condition = WhenWritingNull)] public string? RegistryToken { get; set; }

    /// <summary>Reads the header: base64 of JSON, in either alphabet. What can not be read is nobody, as in Docker.</summary>
    public static AuthConfig FromHeader(string? header)
    {
        if (string.IsNullOrEmpty(header))
            return new AuthConfig();
        try
        {
            string base64 = header.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            byte[] json = Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='));
            return JsonSerializer.Deserialize(json, EngineApiJson.Default.AuthConfig) ?? new AuthConfig();
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return new AuthConfig();
        }
    }

    /// <summary>The header's value.</summary>
    public string ToHeader() =>
        Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this, EngineApiJson.Default.AuthConfig)).Replace('+', '-').Replace('/', '_');
}

/// <summary>Answer to POST /auth.</summary>
public sealed class AuthResponse
{
    public string Status { get; set; } = "";
    public string IdentityToken { get; set; } = "";
}
