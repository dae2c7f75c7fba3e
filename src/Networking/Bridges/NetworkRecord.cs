using System.Net;

namespace Tare.Networking.Bridges;

/// <summary>What a user asks for when a bridge network is made; null means "choose".</summary>
public sealed record NetworkSpec
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>The network that containers join without naming one: static addresses are refused there, as in Docker.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Name of the bridge link; otherwise the driver's default bridge name or br- and twelve digits of the id.</summary>
    public string? BridgeName { get; init; }

    /// <summary>IPv4 subnet, or the bridge's own address in it ("172.20.0.1/16", as dockerd's --bip).</summary>
    public string? Subnet { get; init; }
    public string? Gateway { get; init; }
    public string? Range { get; init; }

    /// <summary>Addresses that are never handed out.</summary>
    public IReadOnlyList<string> Auxiliary { get; init; } = [];
    public bool EnableIpv6 { get; init; }
    public string? Subnet6 { get; init; }
    public string? Gateway6 { get; init; }
    public string? Range6 { get; init; }

    /// <summary>No way out and none in, except to the gateway's own address.</summary>
    public bool Internal { get; init; }
    public bool Masquerade { get; init; } = true;

    /// <summary>Whether containers of the network reach each other (enable_icc).</summary>
    public bool InterContainer { get; init; } = true;

    /// <summary>0: that of the host's default route, at most 1500.</summary>
    public int Mtu { get; init; }
}

/// <summary>A bridge network as decided; the engine persists it before <see cref="NetworkDriver.CreateNetwork"/> and until it is deleted.</summary>
public sealed record NetworkRecord
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public bool IsDefault { get; init; }
    public required string BridgeName { get; init; }

    /// <summary>Subnets and ranges in CIDR text, addresses in the usual text, so that any store keeps them.</summary>
    public required string Subnet { get; init; }
    public required string Gateway { get; init; }
    public string? Range { get; init; }
    public IReadOnlyList<string> Auxiliary { get; init; } = [];
    public string? Subnet6 { get; init; }
    public string? Gateway6 { get; init; }
    public string? Range6 { get; init; }
    public bool Internal { get; init; }
    public bool Masquerade { get; init; } = true;
    public bool InterContainer { get; init; } = true;
    public int Mtu { get; init; } = 1500;

    internal IPNetwork Network4 => IPNetwork.Parse(Subnet);
    internal IPNetwork? Network6 => Subnet6 is null ? null : IPNetwork.Parse(Subnet6);
}
