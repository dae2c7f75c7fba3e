using Tare.EngineApi.Filters;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls on the engine itself.</summary>
public readonly struct DaemonCalls(EngineClient client)
{
    /// <summary>Versions of the engine and its parts, as JSON.</summary>
    public ReadOnlyMemory<byte> VersionRaw() => Get("/version");

    /// <summary>What the engine and its host are, as JSON.</summary>
    public ReadOnlyMemory<byte> InfoRaw() => Get("/info");

    /// <summary>Use of the disk, as JSON.</summary>
    public ReadOnlyMemory<byte> DiskUsageRaw() => Get("/system/df");

    /// <summary>Events as they happen, until the given time when there is one.</summary>
    public EngineResponse Events(string? since, string? until, FilterSet filters) =>
        client.Send(new EngineRequest("GET", "/events").Query("since", since).Query("until", until).Query("filters", filters.IsEmpty ? null : filters.ToJson()));

    /// <summary>Explains in plain text what creating and starting a container with this body would do; Tare only.</summary>
    public string Explain(ReadOnlyMemory<byte> createBody, string? name)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/tare/explain") { Unversioned = true }.Query("name", name).Json(createBody));
        return response.ReadText();
    }

    private ReadOnlyMemory<byte> Get(string path)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", path));
        return response.ReadBytes();
    }
}
