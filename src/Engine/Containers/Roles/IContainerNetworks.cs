using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.Linux;

namespace Tare.Engine.Containers.Roles;

/// <summary>What the network side needs to know to give a container its network namespace.</summary>
/// <param name="ContainerId">Its id, which names everything made in the kernel.</param>
/// <param name="ContainerName">Its name, resolvable on user-defined networks.</param>
/// <param name="Hostname">Its host name.</param>
/// <param name="Endpoints">Networks to join by name; empty gives a namespace with only the loopback ("none").</param>
/// <param name="Ports">Published ports by "80/tcp".</param>
/// <param name="ExposedPorts">Exposed ports, "80/tcp".</param>
/// <param name="PublishAll">Give every exposed port a free host port.</param>
/// <param name="DnsServers">Servers asked for with --dns, or those of the host.</param>
public sealed record SandboxRequest(
    string ContainerId,
    string ContainerName,
    string Hostname,
    IReadOnlyDictionary<string, EndpointSettings> Endpoints,
    IReadOnlyDictionary<string, List<PortBinding>?> Ports,
    IReadOnlyCollection<string> ExposedPorts,
    bool PublishAll,
    IReadOnlyList<string> DnsServers)
{
    /// <summary>A namespace that is there already, because it belongs to the container's user namespace; stays the caller's.</summary>
    public FileDescriptor? Namespace { get; init; }
}

/// <summary>A container's network namespace as it was set up.</summary>
/// <param name="Namespace">Descriptor of the namespace; belongs to the receiver.</param>
/// <param name="Path">Where it is pinned below the exec root.</param>
/// <param name="Endpoints">The wished settings with addresses, by network name.</param>
/// <param name="Ports">The ports in effect; a null list for one that is exposed only.</param>
/// <param name="Resolver">Address of the name server inside the namespace (127.0.0.11), or null when the host's servers are used directly.</param>
public sealed record NetworkSandbox(
    FileDescriptor Namespace,
    string Path,
    IReadOnlyDictionary<string, EndpointSettings> Endpoints,
    IReadOnlyDictionary<string, List<PortBinding>?> Ports,
    string? Resolver);

/// <summary>What joining or leaving a network did to a running container.</summary>
/// <param name="Endpoint">The wished settings with addresses; null when it has left.</param>
/// <param name="Ports">All ports in effect now, which follow the default route.</param>
public sealed record NetworkChange(EndpointSettings? Endpoint, IReadOnlyDictionary<string, List<PortBinding>?> Ports);

/// <summary>The networks as containers see them.</summary>
public interface IContainerNetworks
{
    /// <summary>Name of the network that is meant by a name, id or id prefix; NotFound "network x not found".</summary>
    string GetName(string nameOrId);

    /// <summary>True for a network with name resolution of its own, false for the default bridge.</summary>
    bool IsUserDefined(string name);

    /// <summary>Makes the namespace, its interfaces, addresses, ports and names. When it fails nothing is left behind.</summary>
    Task<NetworkSandbox> OpenAsync(SandboxRequest request);

    /// <summary>After a restart of the engine: puts back what lives in the engine only (names, address reservations, port records).</summary>
    Task RestoreAsync(SandboxRequest request, string path);

    /// <summary>Undoes <see cref="OpenAsync"/>; also for a container that has nothing (left).</summary>
    Task CloseAsync(string containerId);

    /// <summary>Ids of the containers that <see cref="CloseAsync"/> would find something of.</summary>
    IReadOnlySet<string> Present { get; }

    /// <summary>Joins a running container to one more network.</summary>
    Task<NetworkChange> ConnectAsync(SandboxRequest request, string network, EndpointSettings wanted);

    /// <summary>Takes a running container out of a network.</summary>
    Task<NetworkChange> DisconnectAsync(SandboxRequest request, string network);

    /// <summary>A container got a new name.</summary>
    Task RenameAsync(string containerId, string newName);

    /// <summary>The host's address that "host-gateway" in --add-host means, or null.</summary>
    string? HostGateway { get; }
}
