using Tare.Errors;
using Tare.Linux;
using Tare.Netlink;
using Tare.Netlink.Route;
using Tare.Networking.Addresses;
using Tare.Networking.Bridges;
using Tare.Networking.Firewall;
using Tare.Networking.Names;
using Tare.Networking.Namespaces;
using Tare.Networking.Ports;

namespace Tare.Networking;

/// <summary>
/// The host's network as the engine uses it: namespaces, bridge networks, endpoints and published ports of one engine instance. "Plan…" decides and
/// takes addresses, the engine persists the record, then the matching verb makes it in the kernel. Thread-safe; disposing leaves everything running.
/// </summary>
public sealed class NetworkDriver : IDisposable
{
    private readonly NetworkDriverOptions _options;
    private readonly RouteSocket _route;
    private readonly RouteSocket _background;
    private readonly HostNetworks _host;
    private readonly FirewallTable _firewall;
    private readonly NetworkPlan _plan;
    private readonly Bridge _bridge;
    private readonly Attachment _attachment;
    private readonly PortPublisher _ports;
    private readonly NamespacePool _pool;
    private readonly DnsUpstream _upstream;
    private FirewallWatcher? _watcher;

    /// <summary>Opens the kernel's sockets and starts the pool; nothing changes on the host before <see cref="Recover"/>.</summary>
    public NetworkDriver(NetworkDriverOptions options)
    {
        _options = options;
        _ = Directory.CreateDirectory(options.NamespaceDirectory);
        _route = options.Host.Run(RouteSocket.Open);
        _background = options.Host.Run(RouteSocket.Open);
        string table = options.Instance is null ? "tare" : "tare-" + options.Instance;
        _firewall = new FirewallTable(table, options.Host);
        _host = new HostNetworks(options.Host, _route);
        Ipam = new Ipam(_host.Occupied, table + Environment.MachineName, options.AddressPools);
        _plan = new NetworkPlan(Ipam, options.DefaultBridge, _host.UplinkMtu);
        _bridge = new Bridge(options.Host, _route, table);
        _attachment = new Attachment(_route, _background);
        _ports = new PortPublisher(_firewall, options.Host);
        _upstream = new DnsUpstream(options.Host);
        _pool = new NamespacePool(options.PoolSize);
    }

    /// <summary>Subnets and addresses in use.</summary>
    public Ipam Ipam { get; }

    /// <summary>Whether the host has IPv6, so that its networks can.</summary>
    public bool HostHasIpv6 => _host.HasIpv6();

    /// <summary>Names of endpoints in user-defined networks; the engine registers and unregisters them.</summary>
    public NameDirectory Names { get; } = new();

    /// <summary>
    /// Serves names at 127.0.0.11 inside a namespace until disposed; once per container on user-defined networks, again after a restart of the engine.
    /// </summary>
    public DnsServer ServeNames(NetworkNamespace netns, INameTable names, DnsServerOptions? options = null) =>
        DnsServer.Serve(netns, names, _upstream, options);

    /// <summary>A ready namespace pinned for a container (or sandbox) id; take it off with <see cref="RemoveNamespace"/>.</summary>
    /// <param name="id">The container's.</param>
    /// <param name="made">A namespace to take over instead of one of the pool; a copy of the descriptor is kept.</param>
    public NetworkNamespace CreateNamespace(string id, FileDescriptor? made = null)
    {
        NetworkNamespace netns = made is null ? _pool.Take() : NetworkNamespace.Adopt(made.Duplicate());
        try
        {
            netns.Pin(NamespacePath(id));
            return netns;
        }
        catch
        {
            netns.Dispose();
            throw;
        }
    }

    /// <summary>Opens the pinned namespace of an id; NotFound when there is none.</summary>
    public NetworkNamespace OpenNamespace(string id) => NetworkNamespace.Open(NamespacePath(id));

    /// <summary>Unpins an id's namespace; the kernel removes its interfaces, in its own time, when nobody is in it. Absent is no error.</summary>
    public void RemoveNamespace(string id) => NetworkNamespace.Remove(NamespacePath(id));

    /// <summary>Ids whose namespaces are pinned.</summary>
    public IEnumerable<string> PinnedNamespaces => Directory.EnumerateFiles(_options.NamespaceDirectory).Select(path => Path.GetFileName(path));

    /// <summary>Where an id's namespace is pinned.</summary>
    public string NamespacePath(string id) => Path.Combine(_options.NamespaceDirectory, id);

    /// <summary>Decides a network's subnets and names, and takes the subnets.</summary>
    public NetworkRecord PlanNetwork(NetworkSpec spec) => _plan.Network(spec);

    /// <summary>Gives a planned network's subnets back: it was not persisted.</summary>
    public void AbandonNetwork(NetworkRecord network) => _plan.Release(network);

    /// <summary>Makes a planned network: bridge, addresses, forwarding, rules. Repeating it mends what is missing. Undone when it fails.</summary>
    public void CreateNetwork(NetworkRecord network)
    {
        bool existed = _route.FindLink(network.BridgeName) is not null;
        try
        {
            _ = _bridge.Ensure(network);
            _firewall.AddNetwork(network);
            _watcher ??= new FirewallWatcher(_firewall, _options.Host, _options.Log);
        }
        catch (Exception error)
        {
            if (!existed)
                _bridge.Remove(network.BridgeName);
            throw error is TareException ? error : TareException.Internal($"create network {network.Name}", error);
        }
    }

    /// <summary>Removes a network's bridge and rules and gives its subnets back. The engine has made sure that nobody uses it.</summary>
    public void DeleteNetwork(NetworkRecord network)
    {
        _firewall.RemoveNetwork(network.Id);
        _bridge.Remove(network.BridgeName);
        _plan.Release(network);
    }

    /// <summary>Decides an endpoint's addresses and names, and takes the addresses.</summary>
    public EndpointRecord PlanEndpoint(NetworkRecord network, EndpointOptions options) => _plan.Endpoint(network, options);

    /// <summary>Gives a planned endpoint's addresses back: it was not persisted or not attached.</summary>
    public void AbandonEndpoint(NetworkRecord network, EndpointRecord endpoint) => _plan.Release(network, endpoint);

    /// <summary>Makes a planned endpoint: interface, addresses and routes in a namespace, fresh or running.</summary>
    public void Attach(NetworkRecord network, EndpointRecord endpoint, NetworkNamespace netns)
    {
        LinkRecord bridge = _route.FindLink(network.BridgeName)
            ?? throw TareException.NotFound($"bridge {network.BridgeName} of network {network.Name} does not exist; restart the engine to make it again");
        _attachment.Attach(network, endpoint, netns, bridge.Index);
    }

    /// <summary>Leads a running container's default route through an endpoint.</summary>
    public void AddDefaultRoute(EndpointRecord endpoint, NetworkNamespace netns) => _attachment.AddDefaultRoute(endpoint, netns);

    /// <summary>Takes a running container's default route off an endpoint; one that the container has taken off itself is no error.</summary>
    public void RemoveDefaultRoute(EndpointRecord endpoint, NetworkNamespace netns) => _attachment.RemoveDefaultRoute(endpoint, netns);

    /// <summary>
    /// Withdraws an endpoint's ports, gives its addresses back and lets the kernel delete its link in the background. With
    /// <paramref name="namespaceDies"/> the link goes with the namespace and is left to the kernel.
    /// </summary>
    public void Detach(NetworkRecord network, EndpointRecord endpoint, bool namespaceDies = false)
    {
        _ports.Withdraw(endpoint.Id);
        if (!namespaceDies)
            _attachment.Detach(endpoint);
        _plan.Release(network, endpoint);
    }

    /// <summary>The first free interface name of a namespace: eth0, eth1, …</summary>
    public static string NextInterface(NetworkNamespace netns)
    {
        var taken = netns.Route.Links().Select(l => l.Name).ToHashSet();
        for (int i = 0; ; i++)
        {
            if (!taken.Contains($"eth{i}"))
                return $"eth{i}";
        }
    }

    /// <summary>
    /// Publishes an endpoint's ports, all or none, and tells where; a port in use is a Conflict in Docker's words. Withdrawn by
    /// <see cref="Unpublish"/> or <see cref="Detach"/>.
    /// </summary>
    public IReadOnlyList<PublishedPort> Publish(EndpointRecord endpoint, string containerName, IReadOnlyList<PortSpec> ports) =>
        _ports.Publish(endpoint, containerName, ports);

    /// <summary>Withdraws an endpoint's ports.</summary>
    public void Unpublish(string endpointId) => _ports.Withdraw(endpointId);

    /// <summary>
    /// Compares what the engine has persisted with the kernel, both ways: unknown links and namespaces of this instance are removed, networks and
    /// ports made again. Called once, before anything else; DNS servers are served again by the engine.
    /// </summary>
    public RecoveryReport Recover(IReadOnlyCollection<NetworkRecord> networks, IReadOnlyCollection<KnownEndpoint> endpoints,
        IReadOnlyCollection<string> namespaceIds)
    {
        var recovery = new Recovery(_route, _background, _bridge, _plan, _firewall, _ports, _options.NamespaceDirectory);
        RecoveryReport report = recovery.Run(networks, endpoints, namespaceIds);
        _watcher ??= new FirewallWatcher(_firewall, _options.Host, _options.Log);
        return report;
    }

    /// <summary>Removes the table and every bridge, link and namespace of this instance, whoever they belong to (uninstall, tests).</summary>
    public void RemoveEverything()
    {
        _watcher?.Dispose();
        _watcher = null;
        _ports.Dispose();
        _firewall.Uninstall();
        new Recovery(_route, _background, _bridge, _plan, _firewall, _ports, _options.NamespaceDirectory).RemoveUnknown([], [], []);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watcher?.Dispose();
        _pool.Dispose();
        _ports.Dispose();
        _firewall.Dispose();
        _route.Dispose();
        _background.Dispose();
    }
}
