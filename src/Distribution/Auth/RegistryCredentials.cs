namespace Tare.Distribution.Auth;

/// <summary>What a user has for one registry: a name with a password, an identity token for the token server, or a finished bearer token. Immutable.</summary>
public sealed record RegistryCredentials
{
    /// <summary>Nothing: public content only.</summary>
    public static RegistryCredentials Anonymous { get; } = new();

    public string User { get; init; } = "";
    public string Password { get; init; } = "";

    /// <summary>A refresh token that the token server gave at login.</summary>
    public string IdentityToken { get; init; } = "";

    /// <summary>Sent as it is.</summary>
    public string RegistryToken { get; init; } = "";

    /// <summary>True when there is a name with a password.</summary>
    public bool HasPassword => User.Length > 0 && Password.Length > 0;

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => User.Length > 0 ? $"credentials of {User}" : "no credentials";
}
