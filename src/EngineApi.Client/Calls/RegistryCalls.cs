using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;
using Tare.EngineApi.Registries;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls about registries: log in, search, manifests.</summary>
public readonly struct RegistryCalls(EngineClient client)
{
    /// <summary>Checks a name and password with a registry.</summary>
    public AuthResponse Login(AuthConfig auth)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/auth").Json(auth, EngineApiJson.Default.AuthConfig));
        return response.ReadJson(EngineApiJson.Default.AuthResponse);
    }

    /// <summary>Repositories whose names have a word in them.</summary>
    public List<SearchItem> Search(string term, long limit, FilterSet filters, string auth)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", "/images/search").Query("term", term).Query("limit", $"{limit}")
            .Query("filters", filters.IsEmpty ? null : filters.ToJson()).Header("X-Registry-Auth", auth));
        return response.ReadJson(EngineApiJson.Default.ListSearchItem);
    }

    /// <summary>The digest and platforms behind a name.</summary>
    public DistributionInspect Inspect(string name, string auth)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(name).Replace("/tare/manifests/", "/distribution/", StringComparison.Ordinal) + "/json")
            .Header("X-Registry-Auth", auth));
        return response.ReadJson(EngineApiJson.Default.DistributionInspect);
    }

    /// <summary>The exact bytes of a manifest in a registry, their media type and digest.</summary>
    public (byte[] Content, string MediaType, string Digest) Manifest(string name, string auth)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(name)).Header("X-Registry-Auth", auth));
        return (response.ReadBytes().ToArray(), response.Header("Content-Type") ?? "", response.Header("Docker-Content-Digest") ?? "");
    }

    /// <summary>Stores a manifest in a registry; returns its digest. Manifests that it names may be taken over from other repositories.</summary>
    public string PutManifest(string name, string mediaType, byte[] content, IEnumerable<string> mounts, string auth)
    {
        EngineRequest request = new EngineRequest("PUT", Path(name)).Header("X-Registry-Auth", auth);
        foreach (string mount in mounts)
            _ = request.Query("mount", mount);
        using EngineResponse response = client.Send(request.Stream(mediaType, body => body.Write(content)));
        return response.ReadText();
    }

    private static string Path(string name) =>
        "/tare/manifests/" + EngineRequest.Escape(name).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal).Replace("%40", "@", StringComparison.Ordinal);
}
