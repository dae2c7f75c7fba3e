namespace Tare.EngineApi.Images;

/// <summary>One row of GET /images/json.</summary>
public sealed class ImageSummary
{
    /// <summary>Number of containers, -1 when not counted.</summary>
    public long Containers { get; set; } = -1;

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; set; }
    public string Id { get; set; } = "";
    public Dictionary<string, string>? Labels { get; set; }
    public string ParentId { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public ImageDescriptor? Descriptor { get; set; }

    /// <summary>What the name leads to, when it was asked for.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public List<ImageManifestSummary>? Manifests { get; set; }
    public List<string> RepoDigests { get; set; } = [];
    public List<string> RepoTags { get; set; } = [];

    /// <summary>Bytes shared with other images, -1 when not counted.</summary>
    public long SharedSize { get; set; } = -1;
    public long Size { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public long? VirtualSize { get; set; }
}

/// <summary>One row of GET /images/{name}/history, newest first.</summary>
public sealed class HistoryItem
{
    public string Comment { get; set; } = "";
    public long Created { get; set; }
    public string CreatedBy { get; set; } = "";
    public string Id { get; set; } = "";
    public long Size { get; set; }
    public List<string>? Tags { get; set; }
}

/// <summary>One step of DELETE /images/{name}: exactly one member is set.</summary>
public sealed class DeleteItem
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Untagged { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Deleted { get; set; }
}

/// <summary>Answer to POST /images/prune.</summary>
public sealed class ImagesPruneResponse
{
    public List<DeleteItem>? ImagesDeleted { get; set; }
    public ulong SpaceReclaimed { get; set; }
}

/// <summary>Answer to POST /commit and other calls that return only an id.</summary>
public sealed class IdResponse
{
    public string Id { get; set; } = "";
}
