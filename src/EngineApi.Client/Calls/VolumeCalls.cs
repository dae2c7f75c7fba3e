using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;
using Tare.EngineApi.Volumes;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls under /volumes.</summary>
public readonly struct VolumeCalls(EngineClient client)
{
    /// <summary>The volumes.</summary>
    public VolumeListResponse List(FilterSet filters)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", "/volumes").Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.VolumeListResponse);
    }

    /// <summary>Everything about a volume, as JSON.</summary>
    public ReadOnlyMemory<byte> InspectRaw(string name)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(name)));
        return response.ReadBytes();
    }

    /// <summary>Makes a volume, or finds the one of this name.</summary>
    public Volume Create(VolumeCreateRequest body)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/volumes/create").Json(body, EngineApiJson.Default.VolumeCreateRequest));
        return response.ReadJson(EngineApiJson.Default.Volume);
    }

    /// <summary>Removes a volume that no container uses.</summary>
    public void Remove(string name, bool force) => client.Do(new EngineRequest("DELETE", Path(name)).Query("force", force));

    /// <summary>Removes volumes that no container uses.</summary>
    public VolumesPruneResponse Prune(FilterSet filters)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/volumes/prune").Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.VolumesPruneResponse);
    }

    private static string Path(string name) => "/volumes/" + EngineRequest.Escape(name);
}
