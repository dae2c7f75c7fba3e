using System.Net;
using System.Net.Sockets;
using Tare.EngineApi.Networks;
using Tare.Errors;
using Tare.Networking.Bridges;

namespace Tare.Engine.Networks;

/// <summary>Turns POST /networks/create into what the bridge driver wants; refuses what it cannot do. Pure.</summary>
internal static class NetworkWish
{
    private const string BridgePrefix = "com.docker.network.bridge.";

    /// <summary>Names of options that are accepted and have no effect here.</summary>
    private static readonly HashSet<string> Accepted = new(StringComparer.Ordinal)
    {
        BridgePrefix + "default_bridge", BridgePrefix + "host_binding_ipv4", "com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6",
    };

    /// <summary>The address that published ports without one use on this network, or null.</summary>
    public static IPAddress? HostBinding(IReadOnlyDictionary<string, string> options) =>
        IPAddress.TryParse(options.GetValueOrDefault(BridgePrefix + "host_binding_ipv4"), out IPAddress? address) && !address.Equals(IPAddress.Any) ? address : null;

    /// <summary>The specification for a bridge network.</summary>
    public static NetworkSpec Read(NetworkCreateRequest request, string id)
    {
        if (request.EnableIPv4 == false)
            throw new TareException(ErrorKind.NotSupported, $"create network {request.Name}: a bridge without IPv4 is not supported");
        if (request.IPAM is { Driver: not ("" or "default") } ipam)
            throw TareException.NotFound($"could not find an available IPAM driver: {ipam.Driver}");
        NetworkSpec spec = ReadOptions(request, new NetworkSpec
        {
            Id = id,
            Name = request.Name,
            Internal = request.Internal,
            EnableIpv6 = request.EnableIPv6 == true,
        });
        foreach (IpamConfig config in request.IPAM?.Config ?? [])
            spec = AddSubnet(spec, config);
        return spec;
    }

    private static NetworkSpec AddSubnet(NetworkSpec spec, IpamConfig config)
    {
        string? subnet = Given(config.Subnet);
        IPAddress? family = null;
        if (subnet is not null && !IPAddress.TryParse(subnet.Split('/')[0], out family))
            throw TareException.Invalid($"invalid network config: invalid subnet {subnet}: invalid CIDR block notation");
        string[] auxiliary = config.AuxiliaryAddresses is { } named ? [.. named.Values] : [];
        if (family is { AddressFamily: AddressFamily.InterNetworkV6 })
        {
            if (spec.Subnet6 is not null)
                throw TareException.Invalid("bridge driver doesn't support multiple subnets");
            return spec with
            {
                EnableIpv6 = true,
                Subnet6 = subnet,
                Gateway6 = Given(config.Gateway),
                Range6 = Given(config.IPRange),
                Auxiliary = [.. spec.Auxiliary, .. auxiliary],
            };
        }
        if (spec.Subnet is not null)
            throw TareException.Invalid("bridge driver doesn't support multiple subnets");
        if (subnet is null && (Given(config.Gateway) ?? Given(config.IPRange)) is not null)
            throw TareException.Invalid("invalid network config: user specified gateway or range needs a subnet");
        return spec with
        {
            Subnet = subnet,
            Gateway = Given(config.Gateway),
            Range = Given(config.IPRange),
            Auxiliary = [.. spec.Auxiliary, .. auxiliary],
        };
    }

    private static NetworkSpec ReadOptions(NetworkCreateRequest request, NetworkSpec spec)
    {
        foreach ((string name, string value) in request.Options ?? [])
        {
            spec = name switch
            {
                BridgePrefix + "name" => spec with { BridgeName = value },
                BridgePrefix + "enable_ip_masquerade" => spec with { Masquerade = Boolean(name, value) },
                BridgePrefix + "enable_icc" => spec with { InterContainer = Boolean(name, value) },
                "com.docker.network.driver.mtu" => spec with { Mtu = int.TryParse(value, out int mtu) ? mtu : throw Bad(name, value) },
                // Options of others than Docker are the user's notes.
                _ when Accepted.Contains(name) || !name.StartsWith("com.docker.network.", StringComparison.Ordinal) => spec,
                _ => throw new TareException(ErrorKind.NotSupported, $"create network {request.Name}: option {name} is not supported"),
            };
        }
        return spec;
    }

    private static bool Boolean(string name, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "True" or "TRUE" => true,
        "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
        _ => throw Bad(name, value),
    };

    private static TareException Bad(string name, string value) => TareException.Invalid($"invalid value for option {name}: {value}");

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
