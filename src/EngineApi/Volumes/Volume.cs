namespace Tare.EngineApi.Volumes;

/// <summary>A volume: a row of GET /volumes and the answer to GET /volumes/{name}.</summary>
public sealed class Volume
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? CreatedAt { get; set; }
    public string Driver { get; set; } = "local";
    public Dictionary<string, string>? Labels { get; set; }
    public string Mountpoint { get; set; } = "";
    public string Name { get; set; } = "";
    public Dictionary<string, string>? Options { get; set; }
    public string Scope { get; set; } = "local";
    [JsonIgnore(Condition = WhenWritingNull)] public VolumeUsage? UsageData { get; set; }
}

/// <summary>Size and users of a volume, for the disk usage; -1 when not known.</summary>
public sealed class VolumeUsage
{
    public long RefCount { get; set; } = -1;
    public long Size { get; set; } = -1;
}

/// <summary>Answer to GET /volumes.</summary>
public sealed class VolumeListResponse
{
    public List<Volume> Volumes { get; set; } = [];
    public List<string>? Warnings { get; set; }
}

/// <summary>Body of POST /volumes/create; an empty name asks for a made-up one.</summary>
public sealed class VolumeCreateRequest
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Name { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Driver { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? DriverOpts { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Labels { get; set; }
}

/// <summary>Answer to POST /volumes/prune.</summary>
public sealed class VolumesPruneResponse
{
    public List<string>? VolumesDeleted { get; set; }
    public ulong SpaceReclaimed { get; set; }
}
