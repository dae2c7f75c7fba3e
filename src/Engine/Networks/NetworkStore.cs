using Tare.Errors;
using Tare.Storage.Metadata;

namespace Tare.Engine.Networks;

/// <summary>
/// The rows of networks and of endpoints, in memory and in the database. Lists are copies. <see cref="Lock"/> is held by whoever decides something on
/// what it read (a name is free, a network is unused) and is taken before the database's.
/// </summary>
internal sealed class NetworkStore
{
    private readonly RecordTable _networkTable;
    private readonly RecordTable _endpointTable;
    private readonly Dictionary<string, StoredNetwork> _networks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredEndpoint> _endpoints = new(StringComparer.Ordinal);

    public NetworkStore(Database database)
    {
        _networkTable = database.Table("networks");
        _endpointTable = database.Table("endpoints");
        foreach ((string id, StoredNetwork network) in _networkTable.All(NetworkJson.Default.StoredNetwork))
            _networks[id] = network;
        foreach ((string id, StoredEndpoint endpoint) in _endpointTable.All(NetworkJson.Default.StoredEndpoint))
            _endpoints[id] = endpoint;
    }

    /// <summary>Re-entrant.</summary>
    public Lock Lock { get; } = new();

    /// <summary>All networks as of now, by name.</summary>
    public IReadOnlyList<StoredNetwork> Networks
    {
        get
        {
            lock (Lock)
                return [.. _networks.Values.OrderBy(network => network.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>All endpoints as of now.</summary>
    public IReadOnlyList<StoredEndpoint> Endpoints
    {
        get
        {
            lock (Lock)
                return [.. _endpoints.Values];
        }
    }

    public IReadOnlyList<StoredEndpoint> OfNetwork(string networkId) => [.. Endpoints.Where(endpoint => endpoint.Endpoint.NetworkId == networkId)];

    public IReadOnlyList<StoredEndpoint> OfContainer(string containerId) => [.. Endpoints.Where(endpoint => endpoint.ContainerId == containerId)];

    /// <summary>By name, id, or unique beginning of an id; a name wins over a beginning.</summary>
    public StoredNetwork Get(string reference)
    {
        lock (Lock)
        {
            // The API's "default" is the default bridge.
            string name = reference == "default" ? "bridge" : reference;
            StoredNetwork? found = _networks.GetValueOrDefault(name) ?? _networks.Values.FirstOrDefault(network => network.Name == name);
            if (found is not null)
                return found;
            List<StoredNetwork> starting = name.Length == 0 ? [] : [.. _networks.Values.Where(network => network.Id.StartsWith(name, StringComparison.Ordinal))];
            return starting.Count switch
            {
                1 => starting[0],
                0 => throw TareException.NotFound($"network {reference} not found"),
                _ => throw TareException.Invalid($"network {reference} is ambiguous ({starting.Count} matches found based on ID prefix)"),
            };
        }
    }

    public bool HasName(string name)
    {
        lock (Lock)
            return _networks.Values.Any(network => network.Name == name);
    }

    public void Put(StoredNetwork network)
    {
        lock (Lock)
        {
            _networkTable.Put(network.Id, network, NetworkJson.Default.StoredNetwork);
            _networks[network.Id] = network;
        }
    }

    public void Delete(StoredNetwork network)
    {
        lock (Lock)
        {
            _ = _networkTable.Delete(network.Id);
            _ = _networks.Remove(network.Id);
        }
    }

    public void Put(StoredEndpoint endpoint)
    {
        lock (Lock)
        {
            _endpointTable.Put(endpoint.Endpoint.Id, endpoint, NetworkJson.Default.StoredEndpoint);
            _endpoints[endpoint.Endpoint.Id] = endpoint;
        }
    }

    public void Delete(StoredEndpoint endpoint)
    {
        lock (Lock)
        {
            _ = _endpointTable.Delete(endpoint.Endpoint.Id);
            _ = _endpoints.Remove(endpoint.Endpoint.Id);
        }
    }
}
