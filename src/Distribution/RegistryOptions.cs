namespace Tare.Distribution;

/// <summary>How registries are reached, decided by the host program.</summary>
public sealed record RegistryOptions
{
    /// <summary>Directories with one directory per registry host, holding hosts.toml, *.crt, *.cert and *.key; the first that has the host wins.</summary>
    public IReadOnlyList<string> HostDirectories { get; init; } = ["/etc/tare/certs.d", "/etc/docker/certs.d"];

    /// <summary>Registries, "host:port" or networks in CIDR notation, that may be reached without a valid certificate or without TLS.</summary>
    public IReadOnlyList<string> Insecure { get; init; } = [];

    /// <summary>URLs that are asked before Docker Hub.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>"registry=host": the registry may send clients to this host for tokens.</summary>
    public IReadOnlyList<string> TokenRealms { get; init; } = [];

    /// <summary>How often a request or a download is tried before it fails.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The wait before the second attempt; it doubles from there.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a registry may send nothing.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many ranges of one blob are fetched side by side when it comes slowly in one stream; 1 for never.</summary>
    public int RangesAtATime { get; init; } = 4;

    /// <summary>Bytes per second below which a stream is slow.</summary>
    public double SlowBelow { get; init; } = 40 << 20;

    /// <summary>How long a stream is looked at before it is called slow.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What requests say of themselves.</summary>
    public string UserAgent { get; init; } = "tare";
}
