using System.Net;
using Tare.Errors;
using Tare.Networking.Addresses;

namespace Tare.Networking.Bridges;

/// <summary>Decides subnets, gateways, addresses and names; touches no kernel object, only the address pools.</summary>
internal sealed class NetworkPlan(Ipam ipam, string defaultBridge, Func<int> defaultMtu)
{
    /// <summary>Turns a wish into a record, taking its subnets; on failure nothing stays taken.</summary>
    public NetworkRecord Network(NetworkSpec spec)
    {
        string bridge = spec.BridgeName ?? (spec.IsDefault ? defaultBridge : "br-" + spec.Id[..12]);
        CheckLinkName(bridge);
        if (spec.Mtu is not 0 and (< 68 or > 65535))
            throw TareException.Invalid($"invalid MTU {spec.Mtu}: a bridge takes 68 to 65535");
        AddressPool four = TakePool(spec.Subnet, spec.Range, false, out IPAddress? own);
        AddressPool? six = null;
        try
        {
            string gateway = TakeGateway(four, spec.Gateway, own, spec.Name);
            string? gateway6 = null;
            if (spec.EnableIpv6 || spec.Subnet6 is not null)
            {
                six = TakePool(spec.Subnet6, spec.Range6, true, out IPAddress? own6);
                gateway6 = TakeGateway(six, spec.Gateway6, own6, spec.Name);
            }
            foreach (string text in spec.Auxiliary)
            {
                IPAddress address = ParseAddress(text);
                (address.IsV6() && six is not null ? six : four).Reserve(address);
            }
            return new NetworkRecord
            {
                Id = spec.Id,
                Name = spec.Name,
                IsDefault = spec.IsDefault,
                BridgeName = bridge,
                Subnet = four.Subnet.ToString(),
                Gateway = gateway,
                Range = spec.Range,
                Auxiliary = spec.Auxiliary,
                Subnet6 = six?.Subnet.ToString(),
                Gateway6 = gateway6,
                Range6 = spec.Range6,
                Internal = spec.Internal,
                Masquerade = spec.Masquerade,
                InterContainer = spec.InterContainer,
                Mtu = spec.Mtu != 0 ? spec.Mtu : defaultMtu(),
            };
        }
        catch
        {
            ipam.ReleaseSubnet(four.Subnet);
            if (six is not null)
                ipam.ReleaseSubnet(six.Subnet);
            throw;
        }
    }

    /// <summary>Takes what a persisted network uses, after a restart.</summary>
    public void Restore(NetworkRecord network)
    {
        AddressPool four = ipam.ReserveSubnet(network.Network4, ParseRange(network.Range), checkHost: false);
        _ = four.TryReserve(IPAddress.Parse(network.Gateway));
        AddressPool? six = network.Network6 is { } subnet6 ? ipam.ReserveSubnet(subnet6, ParseRange(network.Range6), checkHost: false) : null;
        if (network.Gateway6 is { } gateway6)
            _ = six?.TryReserve(IPAddress.Parse(gateway6));
        foreach (string text in network.Auxiliary)
        {
            IPAddress address = IPAddress.Parse(text);
            _ = (address.IsV6() && six is not null ? six : four).TryReserve(address);
        }
    }

    /// <summary>Gives a network's subnets back.</summary>
    public void Release(NetworkRecord network)
    {
        ipam.ReleaseSubnet(network.Network4);
        if (network.Network6 is { } subnet6)
            ipam.ReleaseSubnet(subnet6);
    }

    /// <summary>Decides an endpoint's addresses and names, taking the addresses.</summary>
    public EndpointRecord Endpoint(NetworkRecord network, EndpointOptions options)
    {
        if (network.IsDefault && (options.Ip is not null || options.Ip6 is not null))
            throw TareException.Invalid("user specified IP address is supported on user defined networks only");
        if (options.Ip6 is not null && network.Subnet6 is null)
            throw TareException.Invalid($"invalid endpoint settings: network {network.Name} has no IPv6 subnet for {options.Ip6}");
        CheckLinkName(options.InterfaceName);
        byte[]? mac = options.Mac is null ? null : ParseMac(options.Mac);
        AddressPool four = ipam.Find(network.Network4);
        IPAddress ip = Take(four, options.Ip, network.Name);
        IPAddress? ip6 = null;
        try
        {
            if (network.Network6 is { } subnet6)
                ip6 = Take(ipam.Find(subnet6), options.Ip6, network.Name);
        }
        catch
        {
            four.Release(ip);
            throw;
        }
        mac ??= [2, 0x42, .. ip.GetAddressBytes()];
        return new EndpointRecord
        {
            Id = options.Id,
            NetworkId = network.Id,
            Ip = ip.ToString(),
            PrefixLength = four.Subnet.PrefixLength,
            Gateway = network.Gateway,
            Ip6 = ip6?.ToString(),
            PrefixLength6 = network.Network6?.PrefixLength ?? 0,
            Gateway6 = network.Gateway6,
            Mac = string.Join(':', mac.Select(b => b.ToString("x2"))),
            InterfaceName = options.InterfaceName,
            HostLink = "veth" + options.Id[..11],
            IsDefaultGateway = options.IsDefaultGateway && !network.Internal,
        };
    }

    /// <summary>Takes the addresses of a persisted endpoint, after a restart.</summary>
    public void Restore(NetworkRecord network, EndpointRecord endpoint)
    {
        _ = ipam.Find(network.Network4).TryReserve(IPAddress.Parse(endpoint.Ip));
        if (endpoint.Ip6 is not null && network.Network6 is { } subnet6)
            _ = ipam.Find(subnet6).TryReserve(IPAddress.Parse(endpoint.Ip6));
    }

    /// <summary>Gives an endpoint's addresses back.</summary>
    public void Release(NetworkRecord network, EndpointRecord endpoint)
    {
        ipam.Find(network.Network4).Release(IPAddress.Parse(endpoint.Ip));
        if (endpoint.Ip6 is not null && network.Network6 is { } subnet6)
            ipam.Find(subnet6).Release(IPAddress.Parse(endpoint.Ip6));
    }

    /// <summary>"02:42:ac:11:00:02" as six bytes of a unicast address.</summary>
    internal static byte[] ParseMac(string text)
    {
        string[] parts = text.Split(':', '-');
        byte[] mac = new byte[6];
        for (int i = 0; i < 6; i++)
        {
            if (parts.Length != 6 || parts[i].Length != 2 || !byte.TryParse(parts[i], System.Globalization.NumberStyles.AllowHexSpecifier, null, out mac[i]))
                throw TareException.Invalid($"invalid MAC address {text}: six hex bytes joined by colons are expected");
        }
        return (mac[0] & 1) == 0 && mac.AsSpan().ContainsAnyExcept((byte)0)
            ? mac
            : throw TareException.Invalid($"invalid MAC address {text}: it is a multicast or empty address");
    }

    private AddressPool TakePool(string? subnet, string? range, bool ipv6, out IPAddress? own)
    {
        own = null;
        if (subnet is null)
        {
            return range is null
                ? ipv6 ? ipam.AllocateSubnet6() : ipam.AllocateSubnet()
                : throw TareException.Invalid($"no matching subnet for range {range}");
        }
        IPNetwork network = NetworkAddress.ParseCidr(subnet, out IPAddress address);
        if (network.IsV6() != ipv6)
            throw TareException.Invalid($"invalid subnet {subnet}: an {(ipv6 ? "IPv6" : "IPv4")} subnet is expected");
        if (network.PrefixLength < 8)
            throw TareException.Invalid($"invalid subnet {subnet}: it is too large for a bridge");
        if (!address.Equals(network.BaseAddress))
            own = address;
        return ipam.ReserveSubnet(network, ParseRange(range));
    }

    private static string TakeGateway(AddressPool pool, string? wanted, IPAddress? own, string name)
    {
        if (wanted is null && own is null)
            return FirstAddress(pool, name).ToString();
        IPAddress gateway = wanted is null ? own! : ParseAddress(wanted);
        pool.Reserve(gateway);
        return gateway.ToString();
    }

    private static IPAddress FirstAddress(AddressPool pool, string name)
    {
        IPAddress first = pool.Subnet.At(1);
        return pool.Subnet.Contains(first) && pool.TryReserve(first) ? first : pool.Allocate(name);
    }

    private static IPAddress Take(AddressPool pool, string? wanted, string network)
    {
        if (string.IsNullOrEmpty(wanted))
            return pool.Allocate(network);
        IPAddress address = ParseAddress(wanted);
        if (!pool.Subnet.Contains(address))
            throw TareException.Invalid($"invalid config for network {network}: invalid endpoint settings: no configured subnet or ip-range contain the IP address {address}");
        pool.Reserve(address);
        return address;
    }

    private static IPNetwork? ParseRange(string? range) => range is null ? null : NetworkAddress.ParseCidr(range, out _);

    private static IPAddress ParseAddress(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) ? address : throw TareException.Invalid($"invalid IP address: {text}");

    private static void CheckLinkName(string name)
    {
        if (name.Length is 0 or > 15 || name is "." or ".." || name.Any(c => c is '/' or ':' or <= ' ' or > '~'))
            throw TareException.Invalid($"invalid interface name \"{name}\": 1 to 15 printable characters without '/' and ':'");
    }
}
