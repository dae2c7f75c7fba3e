using Tare.Engine.Containers.Roles;
using Tare.EngineApi.Containers;
using Tare.Networking.Namespaces;
using Tare.Networking.Ports;

namespace Tare.Engine.Networks;

// Which of a running container's networks has its default route, and its published ports with it, when it has joined or left one.
public sealed partial class Sandboxes
{
    /// <summary>Moves default route and ports to the network that is the first in order now; returns the ports as they are shown.</summary>
    private Dictionary<string, List<PortBinding>?> MoveGateway(SandboxRequest request, NetworkNamespace netns)
    {
        StoredEndpoint? present = _store.OfContainer(request.ContainerId).FirstOrDefault(endpoint => endpoint.Endpoint.IsDefaultGateway);
        StoredEndpoint? wanted = First(request);
        if (wanted?.Endpoint.Id == present?.Endpoint.Id)
            return PortWish.Show(present?.Ports ?? [], request.ExposedPorts);
        IReadOnlyList<StoredPort> ports = present is null ? [] : Release(present, netns);
        if (wanted is null)
            return PortWish.Show([], request.ExposedPorts);
        wanted = wanted with { Endpoint = wanted.Endpoint with { IsDefaultGateway = true } };
        _store.Put(wanted);
        _driver.AddDefaultRoute(wanted.Endpoint, netns);
        // The same ports of the host, also those that were picked: clients know them by now.
        ports = ports.Count > 0 ? Publish(request, wanted, [.. ports.Select(WishOf)]) : Publish(request, [wanted]);
        return PortWish.Show(ports, request.ExposedPorts);
    }

    /// <summary>Takes route and ports away from an endpoint; returns the ports that were published.</summary>
    private IReadOnlyList<StoredPort> Release(StoredEndpoint endpoint, NetworkNamespace netns)
    {
        _driver.Unpublish(endpoint.Endpoint.Id);
        _driver.RemoveDefaultRoute(endpoint.Endpoint, netns);
        _store.Put(endpoint with { Ports = [], Endpoint = endpoint.Endpoint with { IsDefaultGateway = false } });
        return endpoint.Ports;
    }

    private StoredEndpoint? First(SandboxRequest request)
    {
        Dictionary<string, StoredEndpoint> joined = _store.OfContainer(request.ContainerId).ToDictionary(endpoint => endpoint.Endpoint.NetworkId);
        return InOrder(request)
            .Where(item => item.Network.Bridge is { Internal: false } && joined.ContainsKey(item.Network.Id))
            .Select(item => joined[item.Network.Id]).FirstOrDefault();
    }

    private static PortSpec WishOf(StoredPort port)
    {
        PublishedPort published = port.ToPublished();
        return new PortSpec(published.Protocol, published.ContainerPort, published.HostAddress, published.HostPort);
    }

    /// <summary>The request with one network more or less: its wishes decide on the order.</summary>
    private static SandboxRequest With(SandboxRequest request, string network, EngineApi.Networks.EndpointSettings? wanted)
    {
        Dictionary<string, EngineApi.Networks.EndpointSettings> endpoints = new(request.Endpoints);
        if (wanted is null)
            _ = endpoints.Remove(network);
        else
            endpoints[network] = wanted;
        return request with { Endpoints = endpoints };
    }
}
