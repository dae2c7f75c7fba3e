using System.Net;
using System.Text.Json.Serialization;
using Tare.Networking.Bridges;
using Tare.Networking.Ports;

namespace Tare.Engine.Networks;

/// <summary>A network as it is kept in the database.</summary>
public sealed record StoredNetwork
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>RFC 3339.</summary>
    public required string CreatedAt { get; init; }

    /// <summary>bridge, host or null.</summary>
    public required string Driver { get; init; }
    public bool Attachable { get; init; }
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Auxiliary { get; init; } = new Dictionary<string, string>();

    /// <summary>What exists in the kernel; null for host and null.</summary>
    public NetworkRecord? Bridge { get; init; }

    /// <summary>The options of the daemon that the default bridge was made with: other ones make it anew.</summary>
    public string? MadeWith { get; init; }

    /// <summary>True for the three networks that are always there.</summary>
    [JsonIgnore] public bool IsPredefined => Name is "bridge" or "host" or "none";

    /// <summary>True where containers find each other by name.</summary>
    [JsonIgnore] public bool IsUserDefined => !IsPredefined;
}

/// <summary>A container's attachment to a network; the row is there as long as anything of it may be in the kernel.</summary>
public sealed record StoredEndpoint
{
    public required string ContainerId { get; init; }
    public required string ContainerName { get; init; }
    public required EndpointRecord Endpoint { get; init; }

    /// <summary>Names that resolve to it on a user-defined network.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
    public IReadOnlyList<StoredPort> Ports { get; init; } = [];

    /// <summary>Names that this container alone has for others of the network: alias and name.</summary>
    public IReadOnlyDictionary<string, string>? Links { get; init; }
}

/// <summary>A published port in a form that any store keeps.</summary>
public sealed record StoredPort(int Protocol, int ContainerPort, string HostAddress, int HostPort)
{
    internal static StoredPort Of(PublishedPort port) => new((int)port.Protocol, port.ContainerPort, port.HostAddress.ToString(), port.HostPort);

    internal PublishedPort ToPublished() => new((PortProtocol)Protocol, (ushort)ContainerPort, IPAddress.Parse(HostAddress), (ushort)HostPort);
}

/// <summary>Writes and reads the network rows.</summary>
[JsonSerializable(typeof(StoredNetwork))]
[JsonSerializable(typeof(StoredEndpoint))]
internal sealed partial class NetworkJson : JsonSerializerContext;
