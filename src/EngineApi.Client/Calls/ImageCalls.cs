using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;
using Tare.EngineApi.Json;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls under /images, and commit.</summary>
public readonly struct ImageCalls(EngineClient client)
{
    /// <summary>The images, without intermediate ones unless all are asked for.</summary>
    public List<ImageSummary> List(bool all, FilterSet filters, bool sharedSize = false, bool manifests = false)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", "/images/json")
            .Query("all", all).Query("shared-size", sharedSize).Query("manifests", manifests).Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.ListImageSummary);
    }

    /// <summary>Everything about an image, as JSON; of a name that has several platforms, about the given one.</summary>
    public ReadOnlyMemory<byte> InspectRaw(string name, string? platform = null)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(name) + "/json").Query("platform", platform));
        return response.ReadBytes();
    }

    /// <summary>Statements about an image, perhaps of certain predicate types.</summary>
    public List<AttestationStatement> Attestations(string name, IEnumerable<string> types)
    {
        var request = new EngineRequest("GET", Path(name) + "/attestations");
        foreach (string type in types)
            _ = request.Query("type", type);
        using EngineResponse response = client.Send(request);
        return response.ReadJson(EngineApiJson.Default.ListAttestationStatement);
    }

    /// <summary>How it was made, newest first.</summary>
    public List<HistoryItem> History(string name)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(name) + "/history"));
        return response.ReadJson(EngineApiJson.Default.ListHistoryItem);
    }

    /// <summary>Fetches from a registry; progress messages follow.</summary>
    public EngineResponse Pull(string repository, string? tag, string? platform, string auth) =>
        client.Send(new EngineRequest("POST", "/images/create").Query("fromImage", repository).Query("tag", tag).Query("platform", platform)
            .Header("X-Registry-Auth", auth));

    /// <summary>Brings an image into a registry, all tags without a tag; progress messages follow.</summary>
    public EngineResponse Push(string repository, string? tag, string? platform, string auth) =>
        client.Send(new EngineRequest("POST", Path(repository) + "/push").Query("tag", tag).Query("platform", platform).Header("X-Registry-Auth", auth));

    /// <summary>Verifies images, or all without a name, and heals them when asked to; progress messages follow.</summary>
    public EngineResponse Verify(IEnumerable<string> names, bool heal)
    {
        EngineRequest request = new EngineRequest("POST", "/tare/verify").Query("heal", heal);
        foreach (string name in names)
            _ = request.Query("image", name);
        return client.Send(request);
    }

    /// <summary>Makes an image of one layer from a tar ("-" for the body) or a URL; progress messages follow.</summary>
    public EngineResponse Import(string source, string? repository, string? tag, string? message, string? platform, IEnumerable<string> changes, Action<Stream>? tar)
    {
        EngineRequest request = new EngineRequest("POST", "/images/create").Query("fromSrc", source).Query("repo", repository).Query("tag", tag)
            .Query("message", message).Query("platform", platform);
        foreach (string change in changes)
            _ = request.Query("changes", change);
        return client.Send(tar is null ? request : request.Stream("application/x-tar", tar));
    }

    /// <summary>Takes images from a tar; progress messages follow.</summary>
    public EngineResponse Load(bool quiet, Action<Stream> tar) =>
        client.Send(new EngineRequest("POST", "/images/load").Query("quiet", quiet).Stream("application/x-tar", tar));

    /// <summary>Images with their tags as one tar.</summary>
    public EngineResponse Save(IEnumerable<string> names)
    {
        var request = new EngineRequest("GET", "/images/get");
        foreach (string name in names)
            _ = request.Query("names", name);
        return client.Send(request);
    }

    /// <summary>Gives an image a further name.</summary>
    public void Tag(string source, string repository, string? tag) =>
        client.Do(new EngineRequest("POST", Path(source) + "/tag").Query("repo", repository).Query("tag", tag));

    /// <summary>Takes a name away, and the image with its last one.</summary>
    public List<DeleteItem> Remove(string name, bool force, bool noPrune)
    {
        using EngineResponse response = client.Send(new EngineRequest("DELETE", Path(name)).Query("force", force).Query("noprune", noPrune));
        return response.ReadJson(EngineApiJson.Default.ListDeleteItem);
    }

    /// <summary>Removes images that nothing uses.</summary>
    public ImagesPruneResponse Prune(FilterSet filters)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/images/prune").Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.ImagesPruneResponse);
    }

    /// <summary>Makes an image of a container and returns its id.</summary>
    public string Commit(string container, string? repository, string? tag, string? comment, string? author, bool pause, IEnumerable<string> changes)
    {
        EngineRequest request = new EngineRequest("POST", "/commit").Query("container", container).Query("repo", repository).Query("tag", tag)
            .Query("comment", comment).Query("author", author).Query("pause", pause ? "1" : "0");
        foreach (string change in changes)
            _ = request.Query("changes", change);
        using EngineResponse response = client.Send(request.Json("{}"u8.ToArray()));
        return response.ReadJson(EngineApiJson.Default.IdResponse).Id;
    }

    /// <summary>Slashes of a reference stay slashes.</summary>
    private static string Path(string name) => "/images/" + EngineRequest.Escape(name).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal);
}
