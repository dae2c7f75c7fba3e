namespace Tare.EngineApi.Containers;

/// <summary>A mount asked for with --mount.</summary>
public sealed class MountSpec
{
    /// <summary>bind, volume, tmpfs or image.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public string? Type { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Source { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Target { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool ReadOnly { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Consistency { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public BindOptions? BindOptions { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public VolumeOptions? VolumeOptions { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public ImageOptions? ImageOptions { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public TmpfsOptions? TmpfsOptions { get; set; }
}

/// <summary>Options of a bind mount.</summary>
public sealed class BindOptions
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Propagation { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool NonRecursive { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool CreateMountpoint { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool ReadOnlyNonRecursive { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool ReadOnlyForceRecursive { get; set; }
}

/// <summary>Options of a volume mount.</summary>
public sealed class VolumeOptions
{
    [JsonIgnore(Condition = WhenWritingDefault)] public bool NoCopy { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Labels { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Subpath { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public VolumeDriverConfig? DriverConfig { get; set; }
}

/// <summary>The driver that makes a volume which does not exist yet.</summary>
public sealed class VolumeDriverConfig
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Name { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Options { get; set; }
}

/// <summary>Options of an image mount.</summary>
public sealed class ImageOptions
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Subpath { get; set; }
}

/// <summary>Options of a tmpfs; the mode is permission bits.</summary>
public sealed class TmpfsOptions
{
    [JsonIgnore(Condition = WhenWritingDefault)] public long SizeBytes { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public uint Mode { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<List<string>>? Options { get; set; }
}
