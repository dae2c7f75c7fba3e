using Tare.Errors;
using Tare.Netlink;
using Tare.Netlink.Route;
using Tare.Networking.Bridges;
using Tare.Networking.Firewall;
using Tare.Networking.Namespaces;
using Tare.Networking.Ports;

namespace Tare.Networking;

/// <summary>Makes the kernel agree with the records after a start of the engine; goes on past single failures and reports them.</summary>
internal sealed class Recovery(RouteSocket route, RouteSocket background, Bridge bridge, NetworkPlan plan, FirewallTable firewall, PortPublisher ports,
    string namespaceDirectory)
{
    private readonly List<string> _removed = [];
    private readonly List<string> _lost = [];

    public RecoveryReport Run(IReadOnlyCollection<NetworkRecord> networks, IReadOnlyCollection<KnownEndpoint> endpoints,
        IReadOnlyCollection<string> namespaceIds)
    {
        RemoveUnknown(networks, endpoints, namespaceIds);
        foreach (NetworkRecord network in networks)
        {
            Try($"network {network.Name}", () =>
            {
                plan.Restore(network);
                firewall.Expect(network);
                _ = bridge.Ensure(network);
            });
        }
        var byId = networks.ToDictionary(n => n.Id);
        foreach (KnownEndpoint known in endpoints)
        {
            if (byId.TryGetValue(known.Endpoint.NetworkId, out NetworkRecord? network))
                Try($"endpoint {known.Endpoint.Id}", () => RestoreEndpoint(network, known));
        }
        firewall.Install();
        return new RecoveryReport(_removed, _lost);
    }

    /// <summary>Removes links and pinned namespaces of this instance that are not in the lists.</summary>
    public void RemoveUnknown(IReadOnlyCollection<NetworkRecord> networks, IReadOnlyCollection<KnownEndpoint> endpoints,
        IReadOnlyCollection<string> namespaceIds)
    {
        List<LinkRecord> links = route.Links();
        var bridges = links.Where(l => bridge.NetworkOf(l) is not null).ToDictionary(l => l.Index);
        var hostLinks = endpoints.Select(e => e.Endpoint.HostLink).ToHashSet();
        var networkIds = networks.Select(n => n.Id).ToHashSet();
        foreach (LinkRecord link in links)
        {
            bool ownVeth = link.Kind == "veth" && bridges.ContainsKey(link.Master) && !hostLinks.Contains(link.Name);
            bool ownBridge = bridges.ContainsKey(link.Index) && !networkIds.Contains(bridge.NetworkOf(link)!);
            if (!ownVeth && !ownBridge)
                continue;
            Try($"link {link.Name}", () => background.Send(new MessageBuilder().RemoveLink(link.Name), $"delete link {link.Name}"));
            _removed.Add($"link {link.Name}");
        }
        var known = namespaceIds.ToHashSet();
        foreach (string path in Directory.EnumerateFiles(namespaceDirectory))
        {
            if (known.Contains(Path.GetFileName(path)))
                continue;
            Try($"network namespace {path}", () => NetworkNamespace.Remove(path));
            _removed.Add($"network namespace {path}");
        }
    }

    private void RestoreEndpoint(NetworkRecord network, KnownEndpoint known)
    {
        plan.Restore(network, known.Endpoint);
        foreach (PublishedPort port in ports.Restore(known.Endpoint, known.Ports))
            _lost.Add($"port {port.HostAddress}:{port.HostPort}/{port.Protocol} of endpoint {known.Endpoint.Id}: in use by another program");
    }

    private void Try(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is TareException or NetlinkException)
        {
            // One broken thing must not keep the engine from starting with all the others.
            _lost.Add($"{what}: {TareException.Describe(error)}");
        }
    }
}
