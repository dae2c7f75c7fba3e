namespace Tare.Distribution.Hosts;

/// <summary>One server that may be asked for a registry's content: the registry itself or a mirror of it. Immutable.</summary>
public sealed record RegistryHost
{
    /// <summary>Scheme, host and port.</summary>
    public required Uri Root { get; init; }

    /// <summary>What comes before the repository: "/v2".</summary>
    public string ApiPath { get; init; } = "/v2";

    /// <summary>May be asked what a tag means; a mirror may not know the newest.</summary>
    public bool CanResolve { get; init; } = true;

    /// <summary>May be asked for content by digest.</summary>
    public bool CanPull { get; init; } = true;

    /// <summary>May be written to.</summary>
    public bool CanPush { get; init; } = true;

    /// <summary>Its certificate is not verified.</summary>
    public bool SkipVerify { get; init; }

    /// <summary>It is asked without TLS when it does not speak TLS.</summary>
    public bool MayUseHttp { get; init; }

    /// <summary>Files with certificates of authorities that are trusted beside the system's.</summary>
    public IReadOnlyList<string> Authorities { get; init; } = [];

    /// <summary>Certificate and key files that the client shows.</summary>
    public IReadOnlyList<(string Certificate, string Key)> ClientCertificates { get; init; } = [];

    /// <summary>Sent with each request to this host.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>For a mirror: the registry whose content is asked for.</summary>
    public string? MirrorOf { get; init; }

    /// <summary>Host and port.</summary>
    public string Authority => Root.Authority;

    /// <summary>True for an address of the same scheme, host and port: it may have this host's credentials.</summary>
    public bool IsOrigin(Uri uri) => uri.Scheme == Root.Scheme && uri.Port == Root.Port && string.Equals(uri.Host, Root.Host, StringComparison.OrdinalIgnoreCase);
}
