namespace Tare.EngineApi.Images;

/// <summary>One manifest of an image in GET /images/json?manifests=1.</summary>
public sealed class ImageManifestSummary
{
    public string ID { get; set; } = "";
    public ImageDescriptor Descriptor { get; set; } = new();

    /// <summary>All of its content is here.</summary>
    public bool Available { get; set; }
    public ManifestSize Size { get; set; } = new();

    /// <summary>image, attestation or unknown.</summary>
    public string Kind { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public ManifestImageData? ImageData { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public ManifestAttestationData? AttestationData { get; set; }
}

/// <summary>Bytes of a manifest's blobs, and with what they unpack to.</summary>
public sealed class ManifestSize
{
    public long Content { get; set; }
    public long Total { get; set; }
}

/// <summary>What a manifest of an image has beside its size.</summary>
public sealed class ManifestImageData
{
    public ImagePlatform Platform { get; set; } = new();

    /// <summary>Ids of the containers that use it.</summary>
    public List<string> Containers { get; set; } = [];
    public ManifestImageSize Size { get; set; } = new();
}

/// <summary>Bytes of the unpacked files.</summary>
public sealed class ManifestImageSize
{
    public long Unpacked { get; set; }
}

/// <summary>What a manifest of statements has beside its size.</summary>
public sealed class ManifestAttestationData
{
    /// <summary>The digest of the manifest that it speaks of.</summary>
    public string For { get; set; } = "";
}
