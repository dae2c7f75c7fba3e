namespace Tare.Networking.Bridges;

/// <summary>How a container wants to be attached to a network.</summary>
public sealed record EndpointOptions
{
    /// <summary>Fresh for each attachment, at least 11 hex digits; names the host's link.</summary>
    public required string Id { get; init; }
    public string? Ip { get; init; }
    public string? Ip6 { get; init; }

    /// <summary>"02:42:ac:11:00:02"; otherwise derived from the IPv4 address.</summary>
    public string? Mac { get; init; }
    public string InterfaceName { get; init; } = "eth0";

    /// <summary>Whether the default route goes through this network (never for internal ones).</summary>
    public bool IsDefaultGateway { get; init; } = true;
}

/// <summary>An attachment as decided; the engine persists it before <see cref="NetworkDriver.Attach"/> and until it is detached.</summary>
public sealed record EndpointRecord
{
    public required string Id { get; init; }
    public required string NetworkId { get; init; }
    public required string Ip { get; init; }
    public required int PrefixLength { get; init; }

    /// <summary>Gateway of the network; whether the default route uses it is <see cref="IsDefaultGateway"/>.</summary>
    public required string Gateway { get; init; }
    public string? Ip6 { get; init; }
    public int PrefixLength6 { get; init; }
    public string? Gateway6 { get; init; }
    public required string Mac { get; init; }
    public required string InterfaceName { get; init; }

    /// <summary>The host's end of the veth pair.</summary>
    public required string HostLink { get; init; }
    public bool IsDefaultGateway { get; init; }
}
