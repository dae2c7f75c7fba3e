using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls under /containers/{id}/checkpoints. A directory is one of the engine's machine; without one they are the container's own.</summary>
public readonly struct CheckpointCalls(EngineClient client)
{
    /// <summary>Saves a running container.</summary>
    public void Create(string container, CheckpointCreateRequest body) =>
        client.Do(new EngineRequest("POST", Path(container)).Json(body, EngineApiJson.Default.CheckpointCreateRequest));

    /// <summary>A container's checkpoints.</summary>
    public List<CheckpointSummary> List(string container, string? directory)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(container)).Query("dir", directory));
        return response.ReadJson(EngineApiJson.Default.ListCheckpointSummary);
    }

    /// <summary>Removes one.</summary>
    public void Remove(string container, string name, string? directory) =>
        client.Do(new EngineRequest("DELETE", $"{Path(container)}/{EngineRequest.Escape(name)}").Query("dir", directory));

    private static string Path(string container) => $"/containers/{EngineRequest.Escape(container)}/checkpoints";
}
