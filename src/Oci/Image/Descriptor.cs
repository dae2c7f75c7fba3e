namespace Tare.Oci.Image;

/// <summary>image-spec descriptor.md: what a blob is, its digest and its size in bytes.</summary>
public sealed record Descriptor
{
    public string MediaType { get; set; } = "";
    public required Digest Digest { get; init; }
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)]
    public long Size { get; init; }
    public string[]? Urls { get; init; }
    public Dictionary<string, string>? Annotations { get; init; }
    public Platform? Platform { get; init; }
    public string? ArtifactType { get; init; }
}

/// <summary>The platform of one manifest of an index.</summary>
public sealed record Platform
{
    public string Architecture { get; set; } = "";
    public string Os { get; set; } = "";
    [System.Text.Json.Serialization.JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }
    public string? Variant { get; init; }
}
