using System.Text.Json.Serialization;

namespace Tare.Oci.Image;

/// <summary>image-spec config.md, the document whose digest is the image id.</summary>
public sealed record ImageConfig
{
    /// <summary>RFC 3339 time, kept as it was written.</summary>
    public string? Created { get; init; }
    public string? Author { get; init; }
    public string Architecture { get; set; } = "";
    public string? Variant { get; init; }
    public string Os { get; set; } = "";
    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }
    public ImageRunConfig? Config { get; init; }
    public ImageRootFs? Rootfs { get; init; }
    public ImageHistory[]? History { get; init; }

    /// <summary>Docker's extensions, kept for inspect.</summary>
    public string? Comment { get; init; }
    [JsonPropertyName("docker_version")]
    public string? DockerVersion { get; init; }
}

/// <summary>The layers of an image by the digests of their uncompressed tars, bottom first.</summary>
public sealed record ImageRootFs
{
    public string Type { get; set; } = "layers";
    [JsonPropertyName("diff_ids")]
    public Digest[] DiffIds { get; set; } = [];
}

/// <summary>One step of how the image was made; not every step has a layer.</summary>
public sealed record ImageHistory
{
    public string? Created { get; init; }
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }
    public string? Author { get; init; }
    public string? Comment { get; init; }
    [JsonPropertyName("empty_layer")]
    public bool EmptyLayer { get; init; }
}
