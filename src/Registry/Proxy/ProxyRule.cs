namespace Tare.Registry.Proxy;

/// <summary>Repositories that are a cache of another registry's.</summary>
public sealed record ProxyRule
{
    /// <summary>"hub" makes hub/library/x here the other's library/x; "" makes every repository a cached one.</summary>
    public required string Prefix { get; init; }

    /// <summary>The other registry: https://HOST[:PORT].</summary>
    public required Uri Upstream { get; init; }

    /// <summary>For the other registry and its token server, nobody else.</summary>
    public string? UserName { get; init; }

    /// <inheritdoc cref="UserName"/>
    public string? Password { get; init; }

    /// <summary>Hosts of token servers that get the credentials, beside the upstream itself.</summary>
    public IReadOnlyList<string> RealmHosts { get; init; } = [];

    /// <summary>How long a tag is answered without asking.</summary>
    public TimeSpan TagAge { get; init; } = TimeSpan.FromMinutes(5);
}
