using System.Collections.Concurrent;
using System.Net;
using Tare.Networking;
using Tare.Networking.Files;
using Tare.Networking.Names;
using Tare.Networking.Namespaces;

namespace Tare.Engine.Networks;

/// <summary>Which names resolve on which network, and the resolvers in the namespaces of containers on user-defined networks. Thread-safe.</summary>
internal sealed class ContainerNames(NetworkStore store, NetworkDriver driver) : IDisposable
{
    private readonly ConcurrentDictionary<string, DnsServer> _servers = new(StringComparer.Ordinal);

    /// <summary>Makes an endpoint resolvable under its names; one of the default network has none.</summary>
    public void Add(StoredEndpoint stored)
    {
        if (stored.Names.Count > 0)
            driver.Names.Register(stored.Endpoint.NetworkId, stored.Endpoint.Id, stored.Names, [stored.Endpoint.Ip, stored.Endpoint.Ip6]);
    }

    /// <summary>Forgets an endpoint.</summary>
    public void Remove(StoredEndpoint stored) => driver.Names.Unregister(stored.Endpoint.NetworkId, stored.Endpoint.Id);

    /// <summary>Serves a container's namespace unless it is served; the servers it asks are the user's or, at each query, the host's.</summary>
    public void Serve(string containerId, NetworkNamespace netns, IReadOnlyList<string> userServers)
    {
        if (_servers.ContainsKey(containerId))
            return;
        List<IPAddress> own = [.. userServers.Where(text => IPAddress.TryParse(text, out _)).Select(IPAddress.Parse)];
        var options = new DnsServerOptions(() => own.Count > 0 ? own : ResolvConf.HostServers());
        _servers[containerId] = driver.ServeNames(netns, driver.Names.View(() => NetworksOf(containerId)), options);
    }

    /// <summary>Ends a container's resolver; one that has none is fine.</summary>
    public void Stop(string containerId)
    {
        if (_servers.TryRemove(containerId, out DnsServer? server))
            server.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string containerId in _servers.Keys)
            Stop(containerId);
    }

    private List<VisibleNetwork> NetworksOf(string containerId) =>
        [.. store.OfContainer(containerId).Where(stored => stored.Names.Count > 0)
            .Select(stored => new VisibleNetwork(stored.Endpoint.NetworkId, store.Get(stored.Endpoint.NetworkId).Name, stored.Links))];
}
