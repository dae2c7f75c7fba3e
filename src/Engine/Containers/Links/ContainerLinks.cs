using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.Errors;
using Tare.Networking.Files;

namespace Tare.Engine.Containers.Links;

/// <summary>
/// Links between containers on the default bridge: lines in /etc/hosts and variables of the environment. On networks of their own links are names that
/// the network's resolver answers, see <see cref="EndpointSettings.Links"/>. Thread-safe.
/// </summary>
internal sealed class ContainerLinks(ContainerContext context)
{
    private const string Bridge = "bridge";

    /// <summary>What a new container's --link options mean; InvalidArgument when one of them cannot be.</summary>
    internal List<LinkRecord> Resolve(HostConfig host)
    {
        List<LinkRecord> links = [];
        foreach ((string reference, string alias) in (host.Links ?? []).Select(LinkText.Parse))
        {
            if (host.NetworkMode != Bridge)
                continue;
            if (!context.Store.TryGet(reference, out Container? child))
                throw TareException.Invalid($"could not get container for {reference}: No such container: {reference}");
            while (NamespaceChoice.Target(child.Record.HostConfig.NetworkMode) is { } target)
                child = context.Store.TryGet(target, out Container? other) ? other : throw TareException.Invalid($"could not get container for {target}: No such container: {target}");
            if (child.Record.HostConfig.NetworkMode == "host")
                throw TareException.Invalid("conflicting options: host type networking can't be used with links. This would result in undefined behavior");
            _ = links.RemoveAll(link => link.Alias == alias);
            links.Add(new LinkRecord(child.Id, alias));
        }
        return links;
    }

    /// <summary>Refuses a start while a linked container does not run.</summary>
    internal void CheckRunning(ContainerRecord record)
    {
        foreach ((string alias, ContainerRecord child) in ChildrenOf(record))
        {
            if (!child.State.HasProcess)
                throw TareException.Internal($"Cannot link to a non running container: /{child.Name} AS /{record.Name}/{alias}");
            if (!child.Endpoints.ContainsKey(Bridge))
                throw TareException.Internal($"Cannot link to /{child.Name}, as it does not belong to the default network");
        }
    }

    /// <summary>Variables for a process in the container.</summary>
    internal IReadOnlyList<string> Environment(ContainerRecord record) => [.. ChildrenOf(record)
        .Where(link => AddressOf(link.Child) is not null)
        .SelectMany(link => LinkEnvironment.Of(link.Alias, record.Name, AddressOf(link.Child)!.IPAddress, link.Child.Config))];

    /// <summary>Lines for the container's /etc/hosts: by alias, host name and name.</summary>
    internal IEnumerable<(string Address, string Names)> Hosts(ContainerRecord record)
    {
        foreach ((string alias, ContainerRecord child) in ChildrenOf(record))
        {
            if (AddressOf(child) is not { } endpoint)
                continue;
            string names = alias + " " + child.Config.Hostname + (alias == child.Name ? "" : " " + child.Name);
            yield return (endpoint.IPAddress, names);
            if (endpoint.GlobalIPv6Address.Length > 0)
                yield return (endpoint.GlobalIPv6Address, names);
        }
    }

    /// <summary>As inspect shows them: "/child:/parent/alias".</summary>
    internal List<string>? Show(ContainerRecord record)
    {
        List<string> shown = [.. ChildrenOf(record).Select(link => $"/{link.Child.Name}:/{record.Name}/{link.Alias}")];
        return shown.Count > 0 ? shown : null;
    }

    /// <summary>Other names of containers by id, in order: "/parent/alias" for each link to one.</summary>
    internal ILookup<string, string> Names() => context.Store.Records
        .SelectMany(parent => parent.Links.Select(link => (link.ContainerId, Name: $"/{parent.Name}/{link.Alias}")))
        .OrderBy(link => link.Name, StringComparer.Ordinal)
        .ToLookup(link => link.ContainerId, link => link.Name);

    /// <summary>Puts a container's address into the hosts files of those that are linked to it, after it was started again.</summary>
    internal void Announce(ContainerRecord child)
    {
        if (AddressOf(child) is not { } endpoint)
            return;
        foreach (ContainerRecord parent in context.Store.Records.Where(record => record.State.HasProcess))
        {
            foreach (LinkRecord link in parent.Links.Where(link => link.ContainerId == child.Id))
                new NetworkFiles(context).ChangeHosts(parent, text => HostsFile.Replace(text, link.Alias, [endpoint.IPAddress, endpoint.GlobalIPv6Address]));
        }
    }

    /// <summary>docker rm --link PARENT/ALIAS.</summary>
    internal async Task RemoveAsync(string name)
    {
        string bare = name.TrimStart('/');
        int slash = bare.LastIndexOf('/');
        if (slash < 0)
        {
            _ = context.Store.Get(bare);
            throw TareException.Internal("Conflict, cannot remove the default link name of the container");
        }
        (string owner, string alias) = (bare[..slash], bare[(slash + 1)..]);
        if (!context.Store.TryGet(owner, out Container? parent))
            throw TareException.Internal($"Cannot get parent /{owner} for link name /{bare}");
        using (await parent.Lock.EnterAsync())
        {
            ContainerRecord record = parent.Record;
            if (!record.Links.Any(link => link.Alias == alias))
                throw TareException.NotFound($"No such container: {name}");
            context.Store.Save(parent, record with { Links = [.. record.Links.Where(link => link.Alias != alias)] });
            if (record.State.HasProcess)
                new NetworkFiles(context).ChangeHosts(record, text => HostsFile.Remove(text, alias));
        }
    }

    /// <summary>Containers so that linked ones come before those that need them.</summary>
    internal IEnumerable<Container> InOrder(IEnumerable<Container> containers) => containers.OrderBy(container => Depth(container.Record, 0));

    private int Depth(ContainerRecord record, int above) =>
        above > 16 || record.Links.Count == 0 ? 0 : 1 + ChildrenOf(record).Select(link => Depth(link.Child, above + 1)).DefaultIfEmpty(0).Max();

    /// <summary>Containers that are gone have no link any more.</summary>
    private IEnumerable<(string Alias, ContainerRecord Child)> ChildrenOf(ContainerRecord record)
    {
        foreach (LinkRecord link in record.Links)
        {
            if (context.Store.TryGet(link.ContainerId, out Container? child))
                yield return (link.Alias, child.Record);
        }
    }

    private static EndpointSettings? AddressOf(ContainerRecord record) =>
        record.Endpoints.GetValueOrDefault(Bridge) is { IPAddress.Length: > 0 } endpoint ? endpoint : null;
}
