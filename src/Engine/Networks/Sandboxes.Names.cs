using Tare.Engine.Containers.Roles;
using Tare.Networking;
using Tare.Networking.Files;
using Tare.Networking.Namespaces;

namespace Tare.Engine.Networks;

// What lives in the engine only and is put back after its restart: the names of endpoints and the resolvers in the namespaces.
public sealed partial class Sandboxes
{
    /// <inheritdoc/>
    public Task RestoreAsync(SandboxRequest request, string path)
    {
        IReadOnlyList<StoredEndpoint> endpoints = _store.OfContainer(request.ContainerId);
        foreach (StoredEndpoint stored in endpoints)
            _names.Add(stored);
        if (HasResolver(endpoints))
        {
            using NetworkNamespace netns = _driver.OpenNamespace(request.ContainerId);
            _names.Serve(request.ContainerId, netns, request.DnsServers);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RenameAsync(string containerId, string newName)
    {
        foreach (StoredEndpoint stored in _store.OfContainer(containerId))
        {
            StoredEndpoint renamed = stored with
            {
                ContainerName = newName,
                Names = [.. stored.Names.Select(name => name == stored.ContainerName ? newName : name)],
            };
            _store.Put(renamed);
            _names.Add(renamed);
        }
        return Task.CompletedTask;
    }

    /// <summary>Makes the endpoints resolvable; on a user-defined network the container gets a resolver of its own, whose address is returned.</summary>
    private string? ServeNames(SandboxRequest request, IReadOnlyList<StoredEndpoint> endpoints, NetworkNamespace netns)
    {
        foreach (StoredEndpoint stored in endpoints)
            _names.Add(stored);
        if (!HasResolver(endpoints))
            return null;
        _names.Serve(request.ContainerId, netns, request.DnsServers);
        return ResolvConf.EmbeddedServer;
    }

    private static bool HasResolver(IReadOnlyList<StoredEndpoint> endpoints) => endpoints.Any(stored => stored.Names.Count > 0);

    /// <summary>
    /// Makes the kernel agree with the rows, once, before anything else: endpoints of containers that do not run any more go, networks and ports are
    /// made again.
    /// </summary>
    internal RecoveryReport Recover(IReadOnlySet<string> liveContainers)
    {
        foreach (StoredEndpoint dead in _store.Endpoints.Where(endpoint => !liveContainers.Contains(endpoint.ContainerId)))
            _store.Delete(dead);
        return _driver.Recover(
            [.. _store.Networks.Where(network => network.Bridge is not null).Select(network => network.Bridge!)],
            [.. _store.Endpoints.Select(endpoint => new KnownEndpoint(endpoint.Endpoint, [.. endpoint.Ports.Select(port => port.ToPublished())]))],
            liveContainers);
    }
}
