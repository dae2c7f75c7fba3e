using Tare.EngineApi.Images;

namespace Tare.EngineApi.Registries;

/// <summary>Answer to GET /distribution/{name}/json: what a name means in its registry.</summary>
public sealed class DistributionInspect
{
    public ImageDescriptor Descriptor { get; set; } = new();
    public List<ImagePlatform> Platforms { get; set; } = [];
}

/// <summary>One row of GET /images/search, with Docker Hub's member names.</summary>
public sealed class SearchItem
{
    [JsonPropertyName("star_count")] public long StarCount { get; set; }
    [JsonPropertyName("is_official")] public bool IsOfficial { get; set; }
    [JsonPropertyName("name")] public string Name { get; set; } = "";
    [JsonPropertyName("is_automated")] public bool IsAutomated { get; set; }
    [JsonPropertyName("description")] public string Description { get; set; } = "";
}
