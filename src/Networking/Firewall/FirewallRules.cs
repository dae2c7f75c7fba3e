using System.Net;
using Tare.Netlink.Nftables;
using Tare.Networking.Addresses;
using Tare.Networking.Bridges;
using Tare.Networking.Ports;

namespace Tare.Networking.Firewall;

/// <summary>A run of ports of the host that leads to a container; longer than one only when the numbers stay the same.</summary>
public sealed record PortRule(PortProtocol Protocol, IPAddress HostAddress, ushort HostPort, int Count, IPAddress Target, ushort TargetPort);

/// <summary>Turns networks and published ports into elements of the table's sets. Pure.</summary>
internal static class FirewallRules
{
    public static IEnumerable<(NftSet Set, NftElement Element)> Of(NetworkRecord network)
    {
        byte[] bridge = NftElement.InterfaceName(network.BridgeName);
        yield return (FirewallSchema.Bridges, new NftElement(bridge));
        if (network.InterContainer)
            yield return (FirewallSchema.Within, new NftElement([.. bridge, .. bridge]));
        if (network.Internal)
            yield return (FirewallSchema.Internal, new NftElement(bridge));
        IEnumerable<IPNetwork> subnets = network.Network6 is { } six ? [network.Network4, six] : [network.Network4];
        foreach (IPNetwork subnet in subnets)
        {
            int family = subnet.IsV6() ? 1 : 0;
            byte[] first = subnet.BaseAddress.GetAddressBytes();
            byte[] last = subnet.Last().GetAddressBytes();
            if (network.Masquerade && !network.Internal)
                yield return (FirewallSchema.Masqueraded[family], new NftElement(first, last));
            yield return (FirewallSchema.Hairpin[family], new NftElement([.. first, .. bridge], [.. last, .. bridge]));
        }
    }

    public static (NftSet Set, NftElement Element) Of(PortRule rule)
    {
        int family = rule.Target.IsV6() ? 1 : 0;
        byte[] protocol = [(byte)rule.Protocol];
        byte[] host = rule.HostAddress.GetAddressBytes();
        byte[] target = rule.Target.GetAddressBytes();
        byte[] port = NftElement.Port(rule.HostPort);
        bool any = !host.AsSpan().ContainsAnyExcept((byte)0);
        if (rule.Count > 1)
        {
            byte[] hostEnd = any ? [.. Enumerable.Repeat((byte)0xff, host.Length)] : host;
            byte[] portEnd = NftElement.Port((ushort)(rule.HostPort + rule.Count - 1));
            return (FirewallSchema.Ranges[family],
                new NftElement(NftElement.Join(protocol, host, port), NftElement.Join(protocol, hostEnd, portEnd), target));
        }
        byte[] value = NftElement.Join(target, NftElement.Port(rule.TargetPort));
        return any
            ? (FirewallSchema.AnyPorts[family], new NftElement(NftElement.Join(protocol, port), null, value))
            : (FirewallSchema.Ports[family], new NftElement(NftElement.Join(protocol, host, port), null, value));
    }

    /// <summary>Joins neighbours that keep their numbers, so that a range of thousands is one element.</summary>
    public static List<PortRule> Coalesce(IEnumerable<PortRule> rules)
    {
        var joined = new List<PortRule>();
        foreach (PortRule rule in rules.OrderBy(r => r.Protocol).ThenBy(r => r.HostAddress.ToString(), StringComparer.Ordinal).ThenBy(r => r.HostPort))
        {
            if (joined.Count > 0 && joined[^1] is { } last && last.HostPort == last.TargetPort && rule.HostPort == rule.TargetPort
                && last.HostPort + last.Count == rule.HostPort && last.Protocol == rule.Protocol && last.HostAddress.Equals(rule.HostAddress)
                && last.Target.Equals(rule.Target))
                joined[^1] = last with { Count = last.Count + rule.Count };
            else
                joined.Add(rule);
        }
        return joined;
    }
}
