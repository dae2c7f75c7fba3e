using System.Net;
using Tare.Networking.Namespaces;

namespace Tare.Networking;

/// <summary>How one engine instance uses the host's network.</summary>
public sealed record NetworkDriverOptions
{
    /// <summary>Directory for pinned namespaces and nothing else: "/run/tare/netns". Made when missing.</summary>
    public required string NamespaceDirectory { get; init; }

    /// <summary>Null for the default instance (table "tare"); otherwise a short suffix that no other engine of this host uses ("tare-SUFFIX").</summary>
    public string? Instance { get; init; }

    /// <summary>Link of the default network.</summary>
    public string DefaultBridge { get; init; } = "tare0";

    /// <summary>Ready namespaces to keep.</summary>
    public int PoolSize { get; init; } = 3;

    /// <summary>Replaces Docker's default address pools.</summary>
    public IReadOnlyList<IPNetwork>? AddressPools { get; init; }

    /// <summary>The namespace whose links and rules are managed.</summary>
    public HostNamespace Host { get; init; } = HostNamespace.Own;

    /// <summary>Receives a line when something happened that nobody asked for.</summary>
    public Action<string> Log { get; init; } = _ => { };
}

/// <summary>Everything of one network that should exist, as persisted; input of <see cref="NetworkDriver.Recover"/>.</summary>
public sealed record KnownEndpoint(Bridges.EndpointRecord Endpoint, IReadOnlyList<Ports.PublishedPort> Ports);

/// <summary>What a recovery could not restore, for the log.</summary>
public sealed record RecoveryReport(IReadOnlyList<string> Removed, IReadOnlyList<string> Lost);
