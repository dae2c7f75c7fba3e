namespace Tare.Oci.Image;

/// <summary>image-spec manifest.md, also Docker's schema 2: the config and the layers of one image, bottom layer first.</summary>
public sealed record ImageManifest
{
    public int SchemaVersion { get; set; } = 2;
    public string? MediaType { get; init; }
    public string? ArtifactType { get; init; }
    public required Descriptor Config { get; init; }
    public required Descriptor[] Layers { get; init; }
    public Dictionary<string, string>? Annotations { get; init; }
}

/// <summary>image-spec image-index.md, also Docker's manifest list: manifests for several platforms, or the content of a layout.</summary>
public sealed record ImageIndex
{
    public int SchemaVersion { get; set; } = 2;
    public string? MediaType { get; init; }
    public required Descriptor[] Manifests { get; init; }
    public Dictionary<string, string>? Annotations { get; init; }
}

/// <summary>image-spec image-layout.md: the file "oci-layout".</summary>
public sealed record ImageLayout
{
    public const string CurrentVersion = "1.0.0";
    public required string ImageLayoutVersion { get; init; }
}
