using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Roles;
using Tare.Engine.Events;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.Errors;
using Tare.Networking;
using Tare.Networking.Bridges;
using Tare.Networking.Namespaces;
using Tare.Networking.Ports;

namespace Tare.Engine.Networks;

/// <summary>
/// The network namespaces of containers with their endpoints, ports and names. Thread-safe; calls for one container come one after the other, from
/// whoever holds that container's lock.
/// </summary>
public sealed partial class Sandboxes : IContainerNetworks
{
    private readonly NetworkStore _store;
    private readonly NetworkDriver _driver;
    private readonly ContainerNames _names;
    private readonly EventBus _events;

    internal Sandboxes(NetworkStore store, NetworkDriver driver, ContainerNames names, EventBus events)
    {
        _store = store;
        _driver = driver;
        _names = names;
        _events = events;
    }

    /// <inheritdoc/>
    public string? HostGateway => _store.Get("bridge").Bridge?.Gateway;

    /// <inheritdoc/>
    public IReadOnlySet<string> Present => _store.Endpoints.Select(endpoint => endpoint.ContainerId).Concat(_driver.PinnedNamespaces).ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string GetName(string nameOrId) => _store.Get(nameOrId).Name;

    /// <inheritdoc/>
    public bool IsUserDefined(string name) => _store.Get(name).IsUserDefined;

    /// <inheritdoc/>
    public Task<NetworkSandbox> OpenAsync(SandboxRequest request)
    {
        // What a start that was cut short left.
        Close(request.ContainerId);
        // Its rtnetlink socket keeps a namespace alive, so that is closed when the set-up is done; the container's start gets a descriptor of its own.
        using NetworkNamespace netns = _driver.CreateNamespace(request.ContainerId, request.Namespace);
        try
        {
            Dictionary<string, EndpointSettings> settings = [];
            List<StoredEndpoint> endpoints = [];
            foreach ((StoredNetwork network, EndpointSettings wanted) in InOrder(request))
            {
                StoredEndpoint? stored = null;
                if (network.Bridge is not null)
                {
                    bool gateway = !endpoints.Exists(endpoint => endpoint.Endpoint.IsDefaultGateway);
                    stored = Attach(request, network, wanted, netns, $"eth{endpoints.Count}", gateway);
                    endpoints.Add(stored);
                }
                settings[network.Name] = NetworkView.Of(wanted, network, stored);
            }
            IReadOnlyList<StoredPort> ports = Publish(request, endpoints);
            string? resolver = ServeNames(request, endpoints, netns);
            var sandbox = new NetworkSandbox(netns.Descriptor.Duplicate(), netns.Path!, settings, PortWish.Show(ports, request.ExposedPorts), resolver);
            return Task.FromResult(sandbox);
        }
        catch
        {
            Close(request.ContainerId);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task CloseAsync(string containerId)
    {
        Close(containerId);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<NetworkChange> ConnectAsync(SandboxRequest request, string network, EndpointSettings wanted)
    {
        StoredNetwork joined = _store.Get(network);
        IReadOnlyList<StoredEndpoint> present = _store.OfContainer(request.ContainerId);
        if (present.Any(endpoint => endpoint.Endpoint.NetworkId == joined.Id))
            throw new TareException(ErrorKind.Forbidden, $"endpoint with name {request.ContainerName} already exists in network {joined.Name}");
        if (joined.Bridge is null)
            throw TareException.Invalid($"container cannot be connected to network {joined.Name}");
        using NetworkNamespace netns = _driver.OpenNamespace(request.ContainerId);
        StoredEndpoint stored = Attach(request, joined, wanted, netns, NetworkDriver.NextInterface(netns), gateway: false);
        _ = ServeNames(request, [.. present, stored], netns);
        return Task.FromResult(new NetworkChange(NetworkView.Of(wanted, joined, stored), MoveGateway(With(request, joined.Name, wanted), netns)));
    }

    /// <inheritdoc/>
    public Task<NetworkChange> DisconnectAsync(SandboxRequest request, string network)
    {
        StoredNetwork left = _store.Get(network);
        StoredEndpoint stored = _store.OfContainer(request.ContainerId).FirstOrDefault(endpoint => endpoint.Endpoint.NetworkId == left.Id)
            ?? throw new TareException(ErrorKind.Forbidden, $"container {request.ContainerId} is not connected to network {left.Name}");
        using NetworkNamespace netns = _driver.OpenNamespace(request.ContainerId);
        // Before the link goes: the kernel takes its time for that, and the ports are wanted elsewhere.
        Dictionary<string, List<PortBinding>?> ports = MoveGateway(With(request, left.Name, null), netns);
        Detach(_store.OfContainer(request.ContainerId).First(endpoint => endpoint.Endpoint.Id == stored.Endpoint.Id), namespaceDies: false);
        return Task.FromResult(new NetworkChange(null, ports));
    }

    /// <summary>Networks in the order of their interfaces: by wished priority, those with a way out first, then by name.</summary>
    private IEnumerable<(StoredNetwork Network, EndpointSettings Wanted)> InOrder(SandboxRequest request) =>
        request.Endpoints
            .Select(pair => (Network: _store.Get(pair.Key), Wanted: pair.Value))
            .OrderByDescending(item => item.Wanted.GwPriority)
            .ThenBy(item => item.Network.Bridge is { Internal: true })
            .ThenBy(item => item.Network.Name, StringComparer.Ordinal);

    /// <summary>Row first, then the kernel's part; when that fails neither stays.</summary>
    private StoredEndpoint Attach(SandboxRequest request, StoredNetwork network, EndpointSettings wanted, NetworkNamespace netns, string name, bool gateway)
    {
        var options = new EndpointOptions
        {
            Id = NetworkService.NewId(),
            Ip = Given(wanted.IPAMConfig?.IPv4Address),
            Ip6 = Given(wanted.IPAMConfig?.IPv6Address),
            Mac = Given(wanted.MacAddress),
            InterfaceName = wanted.DriverOpts?.GetValueOrDefault("com.docker.network.endpoint.ifname") ?? name,
            IsDefaultGateway = gateway,
        };
        StoredEndpoint stored;
        NetworkRecord bridge;
        lock (_store.Lock)
        {
            // Again, under the lock: it may have been removed meanwhile.
            bridge = _store.Get(network.Id).Bridge!;
            stored = new StoredEndpoint
            {
                ContainerId = request.ContainerId,
                ContainerName = request.ContainerName,
                Endpoint = _driver.PlanEndpoint(bridge, options),
                Names = network.IsUserDefined ? NamesOf(request, wanted) : [],
                Links = network.IsUserDefined ? LinksOf(wanted) : null,
            };
            _store.Put(stored);
        }
        try
        {
            _driver.Attach(bridge, stored.Endpoint, netns);
        }
        catch
        {
            _driver.AbandonEndpoint(bridge, stored.Endpoint);
            _store.Delete(stored);
            throw;
        }
        _events.Publish("network", "connect", network.Id, Attributes(network, request.ContainerId));
        return stored;
    }

    private IReadOnlyList<StoredPort> Publish(SandboxRequest request, List<StoredEndpoint> endpoints)
    {
        StoredEndpoint? way = endpoints.Find(endpoint => endpoint.Endpoint.IsDefaultGateway);
        if (way is null)
            return [];
        StoredNetwork network = _store.Get(way.Endpoint.NetworkId);
        List<PortSpec> wishes = PortWish.Read(request.Ports, request.ExposedPorts, request.PublishAll, NetworkWish.HostBinding(network.Options));
        return wishes.Count == 0 ? [] : Publish(request, way, wishes);
    }

    private IReadOnlyList<StoredPort> Publish(SandboxRequest request, StoredEndpoint way, List<PortSpec> wishes)
    {
        IReadOnlyList<PublishedPort> published = _driver.Publish(way.Endpoint, request.ContainerName, wishes);
        StoredEndpoint withPorts = way with { Ports = [.. published.Select(StoredPort.Of)] };
        _store.Put(withPorts);
        return withPorts.Ports;
    }

    private void Close(string containerId)
    {
        _names.Stop(containerId);
        foreach (StoredEndpoint stored in _store.OfContainer(containerId))
            Detach(stored, namespaceDies: true);
        _driver.RemoveNamespace(containerId);
    }

    private void Detach(StoredEndpoint stored, bool namespaceDies)
    {
        _names.Remove(stored);
        StoredNetwork network = _store.Get(stored.Endpoint.NetworkId);
        _driver.Detach(network.Bridge!, stored.Endpoint, namespaceDies);
        _store.Delete(stored);
        _events.Publish("network", "disconnect", network.Id, Attributes(network, stored.ContainerId));
    }

    private static Dictionary<string, string> Attributes(StoredNetwork network, string containerId) =>
        new() { ["name"] = network.Name, ["type"] = network.Driver, ["container"] = containerId };

    private static List<string> NamesOf(SandboxRequest request, EndpointSettings wanted) =>
        [.. ((string[])[request.ContainerName, .. wanted.Aliases ?? [], request.ContainerId[..12], request.Hostname]).Where(name => name.Length > 0).Distinct()];

    private static Dictionary<string, string>? LinksOf(EndpointSettings wanted)
    {
        Dictionary<string, string>? links = null;
        foreach ((string container, string alias) in (wanted.Links ?? []).Select(LinkText.Parse))
            (links ??= [])[alias.ToLowerInvariant()] = container.ToLowerInvariant();
        return links;
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
