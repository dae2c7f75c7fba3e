using System.Net;
using Tare.Netlink.Route;
using Tare.Networking.Files;
using Tare.Networking.Namespaces;

namespace Tare.Networking;

/// <summary>What the host itself uses, so that new networks keep out of its way.</summary>
internal sealed class HostNetworks(HostNamespace host, RouteSocket route)
{
    private const int LargestDefaultMtu = 1500;

    /// <summary>Networks that the host has routes to, and its name servers.</summary>
    public IEnumerable<IPNetwork> Occupied()
    {
        foreach (RouteRecord known in route.Routes())
        {
            if (known.Destination.PrefixLength > 0)
                yield return known.Destination;
        }
        foreach (IPAddress server in ResolvConf.HostServers())
            yield return new IPNetwork(server, server.GetAddressBytes().Length * 8);
    }

    /// <summary>Whether new links of the host get IPv6: false with a kernel without it and where it is switched off.</summary>
    public bool HasIpv6() => host.Run(() => Sysctl.TryRead("ipv6/conf/all/disable_ipv6") == "0");

    /// <summary>MTU of the default route's link, at most 1500: packets of containers then fit the way out.</summary>
    public int UplinkMtu()
    {
        RouteRecord? uplink = route.Routes().Find(r => r.Destination.PrefixLength == 0);
        LinkRecord? link = uplink is null ? null : route.Links().Find(l => l.Index == uplink.LinkIndex);
        return link is { Mtu: > 0 and < LargestDefaultMtu } ? link.Mtu : LargestDefaultMtu;
    }
}
