using Tare.EngineApi.Containers;
using Tare.EngineApi.Images;
using Tare.EngineApi.Volumes;

namespace Tare.EngineApi.Daemon;

/// <summary>Answer to GET /system/df: lists for clients before API 1.53, usages for those since 1.52. Null leaves a member out.</summary>
public sealed class DiskUsage
{
    [JsonIgnore(Condition = WhenWritingNull)] public long? LayersSize { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<ImageSummary>? Images { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<ContainerSummary>? Containers { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<Volume>? Volumes { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<BuildCacheRecord>? BuildCache { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public UsageSummary<ImageSummary>? ImagesUsage { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public UsageSummary<ContainerSummary>? ContainersUsage { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public UsageSummary<Volume>? VolumesUsage { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public UsageSummary<BuildCacheRecord>? BuildCacheUsage { get; set; }
}

/// <summary>Totals of one kind of thing; the items come with verbose=1.</summary>
public sealed class UsageSummary<T>
{
    public long ActiveCount { get; set; }
    public long TotalCount { get; set; }
    public long Reclaimable { get; set; }
    public long TotalSize { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<T>? Items { get; set; }
}

/// <summary>One record of the build cache.</summary>
public sealed class BuildCacheRecord
{
    public string ID { get; set; } = "";
    public string Type { get; set; } = "";
    public string Description { get; set; } = "";
    public bool InUse { get; set; }
    public bool Shared { get; set; }
    public long Size { get; set; }
    public string CreatedAt { get; set; } = "";
    public string? LastUsedAt { get; set; }
    public int UsageCount { get; set; }
}

/// <summary>What POST /build/prune removed, and the bytes it took.</summary>
public sealed class BuildPruneResponse
{
    public List<string> CachesDeleted { get; set; } = [];
    public ulong SpaceReclaimed { get; set; }
}
