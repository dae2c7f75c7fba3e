using Tare.Engine.Containers;
using Tare.Engine.Images;
using Tare.Engine.Volumes;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;
using Tare.EngineApi.Volumes;

namespace Tare.Engine.Daemon;

/// <summary>Which kinds of things GET /system/df shall measure, and in which of its two forms.</summary>
/// <param name="Types">container, image, volume, build-cache; empty for all.</param>
/// <param name="Lists">The form before API 1.53: lists of things.</param>
/// <param name="Summaries">The form since API 1.52: totals.</param>
/// <param name="Verbose">Totals with their things.</param>
public sealed record DiskUsageOptions(IReadOnlyList<string> Types, bool Lists, bool Summaries, bool Verbose);

/// <summary>GET /system/df: what takes how much of the disk, and how much of that could go.</summary>
public sealed class DiskUsageService
{
    private readonly ImageService _images;
    private readonly VolumeService _volumes;
    private readonly ContainerList _containers;

    internal DiskUsageService(ImageService images, VolumeService volumes, ContainerList containers)
    {
        _images = images;
        _volumes = volumes;
        _containers = containers;
    }

    /// <summary>Measures now; walks the directories of volumes and containers.</summary>
    public DiskUsage Measure(DiskUsageOptions options)
    {
        var usage = new DiskUsage();
        if (Wants(options, "image"))
            AddImages(usage, options);
        if (Wants(options, "container"))
            AddContainers(usage, options);
        if (Wants(options, "volume"))
            AddVolumes(usage, options);
        if (Wants(options, "build-cache"))
        {
            usage.BuildCache = options.Lists ? [] : null;
            usage.BuildCacheUsage = options.Summaries ? new UsageSummary<BuildCacheRecord>() : null;
        }
        return usage;
    }

    private void AddImages(DiskUsage usage, DiskUsageOptions options)
    {
        List<ImageSummary> images = _images.Usage();
        long total = _images.LayersSize();
        if (options.Lists)
            (usage.Images, usage.LayersSize) = (images, total);
        if (!options.Summaries)
            return;
        usage.ImagesUsage = new UsageSummary<ImageSummary>
        {
            TotalCount = images.Count,
            ActiveCount = images.Count(image => image.Containers > 0),
            TotalSize = total,
            Reclaimable = images.Where(image => image.Containers == 0).Sum(image => image.Size - image.SharedSize),
            Items = options.Verbose ? images : null,
        };
    }

    private void AddContainers(DiskUsage usage, DiskUsageOptions options)
    {
        List<ContainerSummary> containers = _containers.Run(new ContainerListOptions(All: true, Limit: 0, Size: true, new FilterSet()));
        usage.Containers = options.Lists ? containers : null;
        if (!options.Summaries)
            return;
        usage.ContainersUsage = new UsageSummary<ContainerSummary>
        {
            TotalCount = containers.Count,
            ActiveCount = containers.Count(IsActive),
            TotalSize = containers.Sum(container => container.SizeRw ?? 0),
            Reclaimable = containers.Where(container => !IsActive(container)).Sum(container => container.SizeRw ?? 0),
            Items = options.Verbose ? containers : null,
        };
    }

    private void AddVolumes(DiskUsage usage, DiskUsageOptions options)
    {
        List<Volume> volumes = _volumes.Usage();
        usage.Volumes = options.Lists ? volumes : null;
        if (!options.Summaries)
            return;
        usage.VolumesUsage = new UsageSummary<Volume>
        {
            TotalCount = volumes.Count,
            ActiveCount = volumes.Count(volume => volume.UsageData!.RefCount > 0),
            TotalSize = volumes.Sum(Size),
            Reclaimable = volumes.Where(volume => volume.UsageData!.RefCount == 0).Sum(Size),
            Items = options.Verbose ? volumes : null,
        };
    }

    private static bool IsActive(ContainerSummary container) => container.State is "running" or "paused" or "restarting";

    private static long Size(Volume volume) => Math.Max(0, volume.UsageData!.Size);

    private static bool Wants(DiskUsageOptions options, string type) => options.Types.Count == 0 || options.Types.Contains(type);
}
