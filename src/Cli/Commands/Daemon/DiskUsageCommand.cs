using System.Text.Json;
using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Images;
using Tare.EngineApi.Json;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare system df: what takes how much of the disk.</summary>
internal static class DiskUsageCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Show disk usage") { MaxArguments = 0 };
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag verbose = command.Flags.Switch("verbose", "Show detailed information on disk usage", 'v');
        command.Run = (session, _) =>
        {
            DiskUsage usage = JsonSerializer.Deserialize(session.Client.Daemon.DiskUsageRaw().Span, EngineApiJson.Default.DiskUsage)!;
            if (verbose.Value)
            {
                DiskUsageDetails.Print(session.Out, usage, format.Given);
                return 0;
            }
            var listing = new Listing(("Type", "TYPE"), ("TotalCount", "TOTAL"), ("Active", "ACTIVE"), ("Size", "SIZE"), ("Reclaimable", "RECLAIMABLE"));
            List<ImageSummary> images = usage.Images ?? [];
            long layers = usage.LayersSize ?? 0;
            long used = images.Where(i => i.Containers > 0).Sum(i => i.Size - Math.Max(0, i.SharedSize));
            Add(listing, "Images", images.Count, images.Count(i => i.Containers > 0), layers, Math.Max(0, layers - used));
            var containers = usage.Containers ?? [];
            Add(listing, "Containers", containers.Count, containers.Count(c => c.State is "running" or "paused" or "restarting"),
                containers.Sum(c => c.SizeRw ?? 0), containers.Where(c => c.State is not ("running" or "paused" or "restarting")).Sum(c => c.SizeRw ?? 0));
            var volumes = usage.Volumes ?? [];
            Add(listing, "Local Volumes", volumes.Count, volumes.Count(v => v.UsageData?.RefCount > 0),
                volumes.Sum(v => Math.Max(0, v.UsageData?.Size ?? 0)), volumes.Where(v => v.UsageData?.RefCount is null or <= 0).Sum(v => Math.Max(0, v.UsageData?.Size ?? 0)));
            var cache = usage.BuildCache ?? [];
            Add(listing, "Build Cache", cache.Count, cache.Count(c => c.InUse), cache.Sum(c => c.Size), cache.Where(c => !c.InUse && !c.Shared).Sum(c => c.Size));
            listing.Print(session.Out, format.Given);
            return 0;
        };
        return command;
    }

    private static void Add(Listing listing, string type, int total, int active, long size, long reclaimable) => listing.Add(new Dictionary<string, object?>
    {
        ["Type"] = type,
        ["TotalCount"] = $"{total}",
        ["Active"] = $"{active}",
        ["Size"] = Human.Size(size, 4),
        ["Reclaimable"] = size > 0 ? $"{Human.Size(reclaimable, 4)} ({reclaimable * 100 / size}%)" : Human.Size(reclaimable, 4),
    });
}
