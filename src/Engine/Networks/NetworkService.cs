using System.Security.Cryptography;
using Tare.Engine.Events;
using Tare.Engine.Filtering;
using Tare.EngineApi;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Networks;
using Tare.Errors;
using Tare.Networking;
using Tare.Networking.Bridges;

namespace Tare.Engine.Networks;

/// <summary>What users do with networks: create, inspect, list, remove, prune. Thread-safe.</summary>
public sealed class NetworkService
{
    private readonly NetworkStore _store;
    private readonly NetworkDriver _driver;
    private readonly EventBus _events;

    internal NetworkService(NetworkStore store, NetworkDriver driver, EventBus events)
    {
        _store = store;
        _driver = driver;
        _events = events;
    }

    /// <summary>Makes a bridge network: row first, then the kernel's part, so that a death in between leaves a row that the next start mends.</summary>
    public NetworkCreateResponse Create(NetworkCreateRequest request)
    {
        CheckRequest(request);
        string id = NewId();
        NetworkSpec spec = NetworkWish.Read(request, id);
        lock (_store.Lock)
        {
            if (_store.HasName(request.Name))
                throw TareException.Conflict($"network with name {request.Name} already exists");
            NetworkRecord planned = _driver.PlanNetwork(spec);
            var network = new StoredNetwork
            {
                Id = id,
                Name = request.Name,
                CreatedAt = GoTime.Format(DateTimeOffset.UtcNow),
                Driver = "bridge",
                Attachable = request.Attachable,
                Options = request.Options ?? [],
                Labels = request.Labels ?? [],
                Auxiliary = request.IPAM?.Config?.FirstOrDefault()?.AuxiliaryAddresses ?? [],
                Bridge = planned,
            };
            try
            {
                _store.Put(network);
                _driver.CreateNetwork(planned);
            }
            catch
            {
                _driver.AbandonNetwork(planned);
                _store.Delete(network);
                throw;
            }
        }
        Publish("create", id, request.Name, "bridge");
        return new NetworkCreateResponse { Id = id };
    }

    /// <summary>With its containers.</summary>
    public NetworkInspect Inspect(string reference)
    {
        StoredNetwork network = _store.Get(reference);
        return NetworkView.Of(network, _store.OfNetwork(network.Id));
    }

    /// <summary>Those that pass the filters dangling, driver, id, label, name, scope, type.</summary>
    public List<NetworkInspect> List(FilterSet filters) =>
        [.. _store.Networks.Where(network => Matches(network, filters)).Select(network => NetworkView.Of(network, null))];

    /// <summary>Removes a network that no running container is on.</summary>
    public void Remove(string reference)
    {
        StoredNetwork network;
        lock (_store.Lock)
        {
            network = _store.Get(reference);
            if (network.IsPredefined)
                throw new TareException(ErrorKind.Forbidden, $"{network.Name} is a pre-defined network and cannot be removed");
            IReadOnlyList<StoredEndpoint> users = _store.OfNetwork(network.Id);
            if (users.Count > 0)
            {
                string names = string.Join(", ", users.Select(user => $"name:\"{user.ContainerName}\" id:\"{user.Endpoint.Id[..12]}\""));
                throw new TareException(ErrorKind.Forbidden,
                    $"error while removing network: network {network.Name} has active endpoints ({names})");
            }
            _driver.DeleteNetwork(network.Bridge!);
            _store.Delete(network);
        }
        Publish("destroy", network.Id, network.Name, network.Driver);
    }

    /// <summary>Removes all user-defined networks without containers that pass the filters label, label!, until.</summary>
    public NetworksPruneResponse Prune(FilterSet filters)
    {
        DateTimeOffset? until = PruneTime.Until(filters);
        var response = new NetworksPruneResponse { NetworksDeleted = [] };
        foreach (StoredNetwork network in _store.Networks.Where(network => !network.IsPredefined))
        {
            if (!PruneLabels.Match(filters, network.Labels) || _store.OfNetwork(network.Id).Count > 0)
                continue;
            if (until is { } limit && GoTime.TryParse(network.CreatedAt, out DateTimeOffset created) && created > limit)
                continue;
            try
            {
                Remove(network.Id);
                response.NetworksDeleted.Add(network.Name);
            }
            catch (TareException error) when (error.Kind is ErrorKind.Forbidden or ErrorKind.NotFound)
            {
                // Taken into use or removed between the look and the removal.
                continue;
            }
        }
        _events.Publish("network", "prune", "", new Dictionary<string, string> { ["reclaimed"] = "0" });
        return response;
    }

    internal static string NewId() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    private void Publish(string action, string id, string name, string driver) =>
        _events.Publish("network", action, id, new Dictionary<string, string> { ["name"] = name, ["type"] = driver });

    private bool Matches(StoredNetwork network, FilterSet filters) =>
        filters.Matches("driver", network.Driver)
        && filters.Matches("scope", "local")
        && filters.Matches("type", network.IsPredefined ? "builtin" : "custom")
        && (!filters.Has("id") || filters["id"].Any(id => network.Id.StartsWith(id, StringComparison.Ordinal)))
        && (!filters.Has("name") || filters["name"].Any(name => network.Name.Contains(name, StringComparison.Ordinal)))
        && filters.MatchesLabels("label", network.Labels)
        && (!filters.Has("dangling") || network.IsUserDefined
            && (filters["dangling"][0] is "1" or "true") == (_store.OfNetwork(network.Id).Count == 0));

    private static void CheckRequest(NetworkCreateRequest request)
    {
        string name = request.Name;
        if (name.Trim().Length == 0)
            throw TareException.Invalid("invalid name: name is empty");
        if (name is "bridge" or "host" or "none" or "default" or "container")
            throw new TareException(ErrorKind.Forbidden, $"operation is not permitted on predefined {name} network");
        if (!char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            throw TareException.Invalid($"invalid network name \"{name}\": only \"[a-zA-Z0-9][a-zA-Z0-9_.-]*\" are allowed");
        if (request.ConfigOnly || !string.IsNullOrEmpty(request.ConfigFrom?.Network))
            throw new TareException(ErrorKind.NotSupported, $"create network {name}: configuration-only networks are not supported");
        if (request.Ingress || request.Scope is "swarm" or "global")
            throw new TareException(ErrorKind.NotSupported, $"create network {name}: networks of a swarm are not supported");
        switch (request.Driver)
        {
            case "" or "default" or "bridge":
                return;
            case "host" or "null":
                throw new TareException(ErrorKind.Forbidden, $"only one instance of \"{request.Driver}\" network is allowed");
            default:
                throw TareException.NotFound($"could not find plugin {request.Driver} in v1 plugin registry: plugin not found; the network drivers are bridge, host and null");
        }
    }
}
