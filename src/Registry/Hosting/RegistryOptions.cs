using System.Net;
using Tare.Registry.Access;
using Tare.Registry.Collection;
using Tare.Registry.Proxy;
using Tare.Registry.Quotas;
using Tare.Registry.Webhooks;

namespace Tare.Registry.Hosting;

/// <summary>Everything a registry can be told at its start. See docs/registry.md for what each means to a user.</summary>
public sealed record RegistryOptions
{
    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; init; } = new(IPAddress.Loopback, 5000);

    /// <summary>Where it keeps everything; unused inside the engine.</summary>
    public string? Root { get; init; }

    /// <summary>File of users and bcrypt hashes.</summary>
    public string? Htpasswd { get; init; }

    /// <summary>Bearer tokens, or null.</summary>
    public TokenOptions? Tokens { get; init; }

    /// <summary>PEM file of the certificate chain, with TLS.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>Who may do what; empty is everybody who is known everything.</summary>
    public IReadOnlyList<AccessRule> Rules { get; init; } = [];

    /// <summary>False refuses every deletion through the API.</summary>
    public bool DeleteAllowed { get; init; } = true;

    /// <summary>True lets anybody read /metrics.</summary>
    public bool PublicMetrics { get; init; }

    /// <summary>Bounds on repositories' sizes.</summary>
    public IReadOnlyList<QuotaRule> Quotas { get; init; } = [];

    /// <summary>When what is collected.</summary>
    public CollectionOptions Collection { get; init; } = new();

    /// <summary>Registries that are cached.</summary>
    public IReadOnlyList<ProxyRule> Proxies { get; init; } = [];

    /// <summary>Who is told of events.</summary>
    public IReadOnlyList<WebhookOptions> Webhooks { get; init; } = [];
}
