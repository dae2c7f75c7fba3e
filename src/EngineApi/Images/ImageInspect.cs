using Tare.EngineApi.Containers;

namespace Tare.EngineApi.Images;

/// <summary>Answer to GET /images/{name}/json.</summary>
public sealed class ImageInspect
{
    public string Id { get; set; } = "";
    public List<string> RepoTags { get; set; } = [];
    public List<string> RepoDigests { get; set; } = [];
    [JsonIgnore(Condition = WhenWritingNull)] public string? Parent { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Comment { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Created { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? DockerVersion { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Author { get; set; }
    public ContainerConfig? Config { get; set; }
    public string Architecture { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public string? Variant { get; set; }
    public string Os { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public string? OsVersion { get; set; }
    public long Size { get; set; }

    /// <summary>Equal to the size; ended with API 1.43.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public long? VirtualSize { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public GraphDriver? GraphDriver { get; set; }
    public ImageRootFS RootFS { get; set; } = new();
    public ImageMetadata Metadata { get; set; } = new();
    [JsonIgnore(Condition = WhenWritingNull)] public ImageDescriptor? Descriptor { get; set; }
}

/// <summary>The uncompressed layers of an image, lowest first.</summary>
public sealed class ImageRootFS
{
    public string Type { get; set; } = "layers";
    [JsonIgnore(Condition = WhenWritingNull)] public List<string>? Layers { get; set; }
}

/// <summary>What this engine alone knows of an image.</summary>
public sealed class ImageMetadata
{
    public string LastTagTime { get; set; } = GoTime.Zero;
}

/// <summary>An OCI descriptor, with OCI's member names.</summary>
public sealed class ImageDescriptor
{
    [JsonPropertyName("mediaType")] public string MediaType { get; set; } = "";
    [JsonPropertyName("digest")] public string Digest { get; set; } = "";
    [JsonPropertyName("size")] public long Size { get; set; }
    [JsonPropertyName("annotations"), JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Annotations { get; set; }
    [JsonPropertyName("platform"), JsonIgnore(Condition = WhenWritingNull)] public ImagePlatform? Platform { get; set; }
}

/// <summary>An OCI platform, with OCI's member names.</summary>
public sealed class ImagePlatform
{
    [JsonPropertyName("architecture")] public string Architecture { get; set; } = "";
    [JsonPropertyName("os")] public string Os { get; set; } = "";
    [JsonPropertyName("os.version"), JsonIgnore(Condition = WhenWritingNull)] public string? OsVersion { get; set; }
    [JsonPropertyName("variant"), JsonIgnore(Condition = WhenWritingNull)] public string? Variant { get; set; }
}
