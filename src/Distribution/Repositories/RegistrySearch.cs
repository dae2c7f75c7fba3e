using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;

namespace Tare.Distribution.Repositories;

/// <summary>One repository that a search found.</summary>
public sealed record SearchResult
{
    [JsonPropertyName("name")]
    public string Name { get; set; } = "";
    [JsonPropertyName("description")]
    public string? Description { get; init; }
    [JsonPropertyName("star_count")]
    public long Stars { get; init; }
    [JsonPropertyName("is_official")]
    public bool IsOfficial { get; init; }
    [JsonPropertyName("is_automated")]
    public bool IsAutomated { get; init; }
}

/// <summary>The answer of Docker Hub's search.</summary>
internal sealed record SearchAnswer
{
    [JsonPropertyName("results")]
    public SearchResult[]? Results { get; init; }
}

/// <summary>The repositories of a registry.</summary>
internal sealed record CatalogAnswer
{
    [JsonPropertyName("repositories")]
    public string[]? Repositories { get; init; }
}

/// <summary>Finds repositories: by Docker Hub's search, and elsewhere, where there is none, in the registry's catalog. Stateless.</summary>
internal static class RegistrySearch
{
    public static async Task<IReadOnlyList<SearchResult>> RunAsync(RegistrySession session, RegistryHost host, string domain, string term, int limit, CancellationToken cancel)
    {
        bool hub = domain == "docker.io";
        RegistryHost searched = hub ? new RegistryHost { Root = new Uri("https://index.docker.io") } : host;
        string what = $"search {domain} for {term}";
        using HttpResponseMessage response = await session.SendAsync(searched, "", what,
            root => new HttpRequestMessage(HttpMethod.Get, new Uri(root, $"/v1/search?q={Uri.EscapeDataString(term)}&n={limit}")), cancel);
        if (response.IsSuccessStatusCode)
            return Parse(await BoundedBody.ReadAsync(response, 8 << 20, what, session.Options.Silence, cancel), DistributionJson.Default.SearchAnswer, what).Results ?? [];
        if (hub || (int)response.StatusCode != 404)
            throw await session.FailureAsync(response, what, cancel);
        using HttpResponseMessage catalog = await session.SucceedAsync(host, "registry:catalog:*", what,
            root => new HttpRequestMessage(HttpMethod.Get, new Uri(root, $"{host.ApiPath}/_catalog?n=1000")), cancel);
        string[] all = Parse(await BoundedBody.ReadAsync(catalog, 8 << 20, what, session.Options.Silence, cancel), DistributionJson.Default.CatalogAnswer, what).Repositories ?? [];
        return [.. all.Where(name => name.Contains(term, StringComparison.OrdinalIgnoreCase)).Take(limit).Select(name => new SearchResult { Name = $"{domain}/{name}" })];
    }

    private static T Parse<T>(byte[] body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw TareException.Invalid($"{what}: the answer is empty");
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{what}: the answer can not be read", e);
        }
    }
}
