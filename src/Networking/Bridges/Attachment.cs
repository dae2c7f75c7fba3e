using System.Net;
using Tare.Errors;
using Tare.Linux;
using Tare.Netlink;
using Tare.Netlink.Route;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Bridges;

/// <summary>Connects a container's namespace to a bridge by a veth pair and takes it off again.</summary>
internal sealed class Attachment(RouteSocket route, RouteSocket background)
{
    /// <summary>
    /// The pair with its far end born in the container's namespace, attached and up; then link, addresses and routes inside. Undone when the
    /// second fails.
    /// </summary>
    public void Attach(NetworkRecord network, EndpointRecord endpoint, NetworkNamespace netns, int bridgeIndex)
    {
        byte[] mac = NetworkPlan.ParseMac(endpoint.Mac);
        Errno errno = AddPair(network, endpoint, netns, bridgeIndex, mac, out string? detail);
        if (errno == Errno.EEXIST && route.FindLink(endpoint.HostLink) is not null)
        {
            // A pair of a start that was cut short.
            Remove(endpoint.HostLink);
            errno = AddPair(network, endpoint, netns, bridgeIndex, mac, out detail);
        }
        if (errno == Errno.EEXIST)
            throw TareException.Conflict($"attach to network {network.Name}: the container has an interface {endpoint.InterfaceName} already");
        if (errno != Errno.None)
        {
            TryRemove(endpoint.HostLink);
            throw TareException.Internal($"attach to network {network.Name} (bridge {network.BridgeName}): {errno.Describe()} {detail}");
        }
        try
        {
            Configure(endpoint, netns);
            Activate(network, endpoint, netns);
        }
        catch (Exception error) when (error is NetlinkException or TareException)
        {
            Remove(endpoint.HostLink);
            throw TareException.Internal($"attach to network {network.Name}", error);
        }
    }

    /// <summary>Routes through the endpoint's gateways what has no other way.</summary>
    public void AddDefaultRoute(EndpointRecord endpoint, NetworkNamespace netns)
    {
        if (netns.Route.FindLink(endpoint.InterfaceName) is not { } inside)
            return;
        foreach (IPAddress gateway in Gateways(endpoint))
        {
            Errno errno = netns.Route.TrySend(new MessageBuilder().AddRoute(null, gateway, inside.Index), out string? detail);
            if (errno is not (Errno.None or Errno.EEXIST))
                throw TareException.Internal($"add the default route through {gateway}: {errno.Describe()} {detail}");
        }
    }

    /// <summary>Takes those routes away.</summary>
    public void RemoveDefaultRoute(EndpointRecord endpoint, NetworkNamespace netns)
    {
        if (netns.Route.FindLink(endpoint.InterfaceName) is not { } inside)
            return;
        foreach (IPAddress gateway in Gateways(endpoint))
        {
            Errno errno = netns.Route.TrySend(new MessageBuilder().RemoveRoute(null, gateway, inside.Index), out string? detail);
            if (errno is not (Errno.None or Errno.ESRCH))
                throw TareException.Internal($"remove the default route through {gateway}: {errno.Describe()} {detail}");
        }
    }

    private static IEnumerable<IPAddress> Gateways(EndpointRecord endpoint) =>
        new[] { endpoint.Gateway, endpoint.Gateway6 }.OfType<string>().Where(gateway => gateway.Length > 0).Select(IPAddress.Parse);

    /// <summary>Deletes the pair without waiting: the kernel takes 10 to 20 ms for it.</summary>
    public void Detach(EndpointRecord endpoint) =>
        _ = ThreadPool.UnsafeQueueUserWorkItem(static state => state.Item1.TryRemove(state.HostLink), (this, endpoint.HostLink), preferLocal: false);

    /// <summary>Deletes a link of the host and waits; one that is gone is no error.</summary>
    public void Remove(string link)
    {
        Errno errno = background.TrySend(new MessageBuilder().RemoveLink(link), out string? detail);
        if (errno is not (Errno.None or Errno.ENODEV))
            throw TareException.Internal($"delete link {link}: {errno.Describe()} {detail}");
    }

    private void TryRemove(string link)
    {
        try
        {
            Remove(link);
        }
        catch (Exception error) when (error is TareException or NetlinkException or ObjectDisposedException)
        {
            // Nobody waits for this deletion; what it leaves, the next Recover removes.
        }
    }

    private Errno AddPair(NetworkRecord network, EndpointRecord endpoint, NetworkNamespace netns, int bridgeIndex, byte[] mac, out string? detail)
    {
        MessageBuilder pair = new MessageBuilder()
            .AddVeth(endpoint.HostLink, bridgeIndex, network.Mtu, endpoint.InterfaceName, mac, netns.Descriptor)
            .SetBridgePort(endpoint.HostLink, hairpin: true, isolated: !network.InterContainer);
        Errno errno = route.TrySend(pair, out detail);
        GC.KeepAlive(netns);
        return errno;
    }

    /// <summary>
    /// A veth end drops packets, and its bridge port forwards none, until the kernel has noticed in the background that the other end came up; the first
    /// packet of a quick container would be lost, and come again after a second. Asking for a link makes the kernel notice now (Linux 6.6).
    /// </summary>
    private void Activate(NetworkRecord network, EndpointRecord endpoint, NetworkNamespace netns)
    {
        _ = route.FindLink(endpoint.HostLink);
        _ = route.FindLink(network.BridgeName);
        if (endpoint.Ip6 is not null)
            _ = netns.Route.FindLink(endpoint.InterfaceName);
    }

    private static void Configure(EndpointRecord endpoint, NetworkNamespace netns)
    {
        LinkRecord inside = netns.Route.FindLink(endpoint.InterfaceName)
            ?? throw TareException.Internal($"interface {endpoint.InterfaceName} vanished while it was made");
        var messages = new MessageBuilder();
        _ = messages.SetUp(inside.Index).AddAddress(inside.Index, IPAddress.Parse(endpoint.Ip), endpoint.PrefixLength);
        if (endpoint.Ip6 is not null)
            _ = messages.AddAddress(inside.Index, IPAddress.Parse(endpoint.Ip6), endpoint.PrefixLength6);
        else
            netns.Run(() => _ = Sysctl.TryWrite($"ipv6/conf/{endpoint.InterfaceName}/disable_ipv6", "1"));
        if (endpoint.IsDefaultGateway)
        {
            _ = messages.AddRoute(null, IPAddress.Parse(endpoint.Gateway), inside.Index);
            if (endpoint.Gateway6 is not null)
                _ = messages.AddRoute(null, IPAddress.Parse(endpoint.Gateway6), inside.Index);
        }
        netns.Route.Send(messages, $"configure {endpoint.InterfaceName}");
    }
}
