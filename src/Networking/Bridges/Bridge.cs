using System.Net;
using System.Security.Cryptography;
using Tare.Errors;
using Tare.Linux;
using Tare.Netlink;
using Tare.Netlink.Route;
using Tare.Networking.Addresses;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Bridges;

/// <summary>A network's bridge link in the host's namespace: made, mended or removed. Its alias says whose it is.</summary>
internal sealed class Bridge(HostNamespace host, RouteSocket route, string owner)
{
    /// <summary>Makes the link, its addresses and settings; what is there already of this network stays.</summary>
    public LinkRecord Ensure(NetworkRecord network)
    {
        string name = network.BridgeName;
        string alias = AliasOf(network.Id);
        LinkRecord? link = route.FindLink(name);
        if (link is null)
        {
            byte[] mac = [2, 0x42, .. RandomNumberGenerator.GetBytes(4)];
            route.Send(new MessageBuilder().AddBridge(name, mac, network.Mtu).SetAlias(name, alias), $"create bridge {name}");
            link = route.FindLink(name) ?? throw TareException.Internal($"bridge {name} vanished while it was made");
        }
        else if (link.Kind != "bridge" || (link.Alias is { } other && other != alias))
        {
            throw TareException.Conflict($"cannot create network {network.Id} ({name}): conflicts with link {name} of {link.Alias ?? link.Kind ?? "the host"}");
        }
        else if (link.Alias is null || !link.Up)
        {
            route.Send(new MessageBuilder().SetAlias(name, alias).SetUp(link.Index), $"take over bridge {name}");
        }
        host.Run(() => Configure(network));
        AddAddress(link, network.Gateway, network.Network4.PrefixLength);
        if (network.Gateway6 is { } gateway6)
            AddAddress(link, gateway6, network.Network6!.Value.PrefixLength);
        return link;
    }

    /// <summary>Deletes the link; one that is gone is no error.</summary>
    public void Remove(string name)
    {
        Errno errno = route.TrySend(new MessageBuilder().RemoveLink(name), out string? detail);
        if (errno is not (Errno.None or Errno.ENODEV))
            throw TareException.Internal($"delete bridge {name}: {errno.Describe()} {detail}");
    }

    /// <summary>The network id in a link's alias, or null for links of others.</summary>
    public string? NetworkOf(LinkRecord link) =>
        link.Kind == "bridge" && link.Alias is { } alias && alias.StartsWith(AliasOf(""), StringComparison.Ordinal) ? alias[AliasOf("").Length..] : null;

    private string AliasOf(string id) => $"{owner}:{id}";

    private void AddAddress(LinkRecord link, string address, int prefix)
    {
        Errno errno = route.TrySend(new MessageBuilder().AddAddress(link.Index, IPAddress.Parse(address), prefix), out string? detail);
        if (errno is not (Errno.None or Errno.EEXIST))
            throw TareException.Internal($"add address {address}/{prefix} to bridge {link.Name}: {errno.Describe()} {detail}");
    }

    private static void Configure(NetworkRecord network)
    {
        string name = network.BridgeName;
        if (!network.Internal)
            Sysctl.Write("ipv4/ip_forward", "1");
        // Connections from 127.0.0.1 to a published port leave through the bridge with a loopback source until they are masqueraded.
        _ = Sysctl.TryWrite($"ipv4/conf/{name}/route_localnet", "1");
        bool ipv6 = network.Subnet6 is not null;
        _ = Sysctl.TryWrite($"ipv6/conf/{name}/accept_ra", "0");
        // Addresses here are ours alone; until the detection ends (a second) the host would ask for no neighbour.
        _ = Sysctl.TryWrite($"ipv6/conf/{name}/accept_dad", "0");
        _ = Sysctl.TryWrite($"ipv6/conf/{name}/disable_ipv6", ipv6 ? "0" : "1");
        if (ipv6 && !network.Internal)
            ForwardIpv6();
    }

    /// <summary>Forwarding switches router advertisements off on interfaces that listen to them, unless they are told to go on (accept_ra 2).</summary>
    private static void ForwardIpv6()
    {
        if (Sysctl.TryRead("ipv6/conf/all/forwarding") is not "0")
            return;
        foreach (string directory in Directory.EnumerateDirectories("/proc/sys/net/ipv6/conf"))
        {
            string link = Path.GetFileName(directory);
            if (link is not ("all" or "lo") && Sysctl.TryRead($"ipv6/conf/{link}/accept_ra") == "1")
                _ = Sysctl.TryWrite($"ipv6/conf/{link}/accept_ra", "2");
        }
        Sysctl.Write("ipv6/conf/all/forwarding", "1");
    }
}
