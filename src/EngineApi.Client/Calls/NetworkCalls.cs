using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;
using Tare.EngineApi.Networks;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls under /networks.</summary>
public readonly struct NetworkCalls(EngineClient client)
{
    /// <summary>The networks.</summary>
    public List<NetworkInspect> List(FilterSet filters)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", "/networks").Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.ListNetworkInspect);
    }

    /// <summary>Everything about a network, as JSON.</summary>
    public ReadOnlyMemory<byte> InspectRaw(string id, bool verbose = false)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(id)).Query("verbose", verbose));
        return response.ReadBytes();
    }

    /// <summary>Makes a network.</summary>
    public NetworkCreateResponse Create(NetworkCreateRequest body)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/networks/create").Json(body, EngineApiJson.Default.NetworkCreateRequest));
        return response.ReadJson(EngineApiJson.Default.NetworkCreateResponse);
    }

    /// <summary>Joins a container.</summary>
    public void Connect(string id, NetworkConnectRequest body) =>
        client.Do(new EngineRequest("POST", Path(id) + "/connect").Json(body, EngineApiJson.Default.NetworkConnectRequest));

    /// <summary>Takes a container off.</summary>
    public void Disconnect(string id, NetworkDisconnectRequest body) =>
        client.Do(new EngineRequest("POST", Path(id) + "/disconnect").Json(body, EngineApiJson.Default.NetworkDisconnectRequest));

    /// <summary>Removes a network that nobody is on.</summary>
    public void Remove(string id) => client.Do(new EngineRequest("DELETE", Path(id)));

    /// <summary>Removes networks that nobody is on.</summary>
    public NetworksPruneResponse Prune(FilterSet filters)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/networks/prune").Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.NetworksPruneResponse);
    }

    private static string Path(string id) => "/networks/" + EngineRequest.Escape(id);
}
