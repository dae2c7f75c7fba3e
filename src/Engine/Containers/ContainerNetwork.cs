using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Networks;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker network connect and disconnect, seen from the container.</summary>
public sealed class ContainerNetwork(ContainerContext context)
{
    private readonly NetworkFiles _files = new(context);

    /// <summary>Joins a container to a network, now when it runs, else at its next start.</summary>
    public async Task ConnectAsync(string reference, string network, EndpointSettings? wanted)
    {
        Container container = context.Store.Get(reference);
        string name = context.Networks.GetName(network);
        using (await container.Lock.EnterAsync())
        {
            ContainerRecord record = container.Record;
            CheckCanChange(record, name);
            if (record.Endpoints.ContainsKey(name))
                throw new TareException(ErrorKind.Forbidden, $"endpoint with name {record.Name} already exists in network {name}");
            EndpointSettings settings = wanted ?? new EndpointSettings();
            foreach (string link in settings.Links ?? [])
                _ = LinkText.Parse(link);
            NetworkChange? change = record.State.HasProcess
                ? await context.Networks.ConnectAsync(NetworkChoice.Request(context, record), name, settings) : null;
            Save(container, new Dictionary<string, EndpointSettings>(record.Endpoints) { [name] = change?.Endpoint ?? settings }, change);
        }
    }

    /// <summary>Takes a container out of a network.</summary>
    public async Task DisconnectAsync(string reference, string network)
    {
        Container container = context.Store.Get(reference);
        string name = context.Networks.GetName(network);
        using (await container.Lock.EnterAsync())
        {
            ContainerRecord record = container.Record;
            if (!record.Endpoints.ContainsKey(name))
                throw new TareException(ErrorKind.Forbidden, $"container {record.Id} is not connected to network {name}");
            CheckCanChange(record, name);
            NetworkChange? change = record.State.HasProcess
                ? await context.Networks.DisconnectAsync(NetworkChoice.Request(context, record), name) : null;
            Save(container, record.Endpoints.Where(e => e.Key != name).ToDictionary(), change);
        }
    }

    private void Save(Container container, Dictionary<string, EndpointSettings> endpoints, NetworkChange? change)
    {
        context.Store.Save(container, container.Record with { Endpoints = endpoints, Ports = change?.Ports ?? container.Record.Ports });
        if (!container.State.HasProcess)
            return;
        _files.WriteHosts(container.Record, endpoints);
        _files.TurnResolver(container.Record, endpoints.Keys.Any(context.Networks.IsUserDefined));
    }

    private static void CheckCanChange(ContainerRecord record, string network)
    {
        if (record.State is LifecycleState.Removing or LifecycleState.Dead)
            throw TareException.Conflict($"container {record.Id} is marked for removal and cannot be connected or disconnected to the network");
        if (record.HostConfig.NetworkMode == "host" || network == "host")
            throw new TareException(ErrorKind.Forbidden, "container cannot be connected to host network or disconnected from it");
        if (record.HostConfig.NetworkMode == "none" || network == "none")
            throw new TareException(ErrorKind.Forbidden, "container cannot be connected to multiple networks with one of the networks in private (none) mode");
        if (NamespaceChoice.Target(record.HostConfig.NetworkMode) is not null)
            throw new TareException(ErrorKind.Forbidden, "container sharing network namespace with another container or host cannot be connected to any other network");
    }
}
