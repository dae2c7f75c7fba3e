using Tare.Cli.Formatting;
using Tare.Cli.Templates;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Images;
using Tare.EngineApi.Volumes;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare system df -v: what each image, container and volume takes, and which part of an image others need too.</summary>
internal static class DiskUsageDetails
{
    public static void Print(Output output, DiskUsage usage, string? format)
    {
        List<Dictionary<string, object?>> images = [.. (usage.Images ?? []).Select(Row)];
        List<Dictionary<string, object?>> containers = [.. (usage.Containers ?? []).Select(Row)];
        List<Dictionary<string, object?>> volumes = [.. (usage.Volumes ?? []).Select(Row)];
        if (!string.IsNullOrEmpty(format) && format != "table")
        {
            // One value with all of it, as a template wants to choose.
            var all = new Dictionary<string, object?> { ["Images"] = images, ["Containers"] = containers, ["Volumes"] = volumes, ["BuildCache"] = new List<object?>() };
            output.WriteLine(Template.Parse(format == "json" ? "{{json .}}" : format).Execute(all));
            return;
        }
        Section(output, "Images space usage:", images,
            ("Repository", "REPOSITORY"), ("Tag", "TAG"), ("ID", "IMAGE ID"), ("CreatedSince", "CREATED"), ("Size", "SIZE"), ("SharedSize", "SHARED SIZE"), ("UniqueSize", "UNIQUE SIZE"), ("Containers", "CONTAINERS"));
        Section(output, "Containers space usage:", containers,
            ("ID", "CONTAINER ID"), ("Image", "IMAGE"), ("Command", "COMMAND"), ("LocalVolumes", "LOCAL VOLUMES"), ("Size", "SIZE"), ("RunningFor", "CREATED"), ("Status", "STATUS"), ("Names", "NAMES"));
        Section(output, "Local Volumes space usage:", volumes, ("Name", "VOLUME NAME"), ("Links", "LINKS"), ("Size", "SIZE"));
        output.WriteLine($"Build cache usage: {Human.Size((usage.BuildCache ?? []).Sum(record => record.Size))}");
    }

    private static void Section(Output output, string title, List<Dictionary<string, object?>> rows, params (string, string)[] columns)
    {
        output.WriteLine(title);
        output.WriteLine("");
        var listing = new Listing(columns);
        rows.ForEach(listing.Add);
        listing.Print(output, null);
        output.WriteLine("");
    }

    private static Dictionary<string, object?> Row(ImageSummary image)
    {
        (string repository, string tag) = image.RepoTags is [{ } first, ..] ? ImageName.Split(first) : ("<none>", "<none>");
        long shared = Math.Max(0, image.SharedSize);
        return new()
        {
            ["Repository"] = repository,
            ["Tag"] = tag,
            ["ID"] = Human.ShortId(image.Id),
            ["CreatedSince"] = image.Created > 0 ? Human.Ago(DateTimeOffset.FromUnixTimeSeconds(image.Created), DateTimeOffset.UtcNow) : "N/A",
            ["Size"] = Human.Size(image.Size),
            ["SharedSize"] = Human.Size(shared),
            ["UniqueSize"] = Human.Size(image.Size - shared),
            ["Containers"] = $"{Math.Max(0, image.Containers)}",
        };
    }

    private static Dictionary<string, object?> Row(ContainerSummary container) => new()
    {
        ["ID"] = Human.ShortId(container.Id),
        ["Image"] = container.Image,
        ["Command"] = $"\"{Human.Ellipsis(container.Command, 20)}\"",
        ["LocalVolumes"] = $"{container.Mounts.Count(m => m.Type == "volume")}",
        ["Size"] = Human.Size(container.SizeRw ?? 0),
        ["RunningFor"] = Human.Ago(DateTimeOffset.FromUnixTimeSeconds(container.Created), DateTimeOffset.UtcNow),
        ["Status"] = container.Status,
        ["Names"] = string.Join(',', container.Names.Select(n => n.TrimStart('/'))),
    };

    private static Dictionary<string, object?> Row(Volume volume) => new()
    {
        ["Name"] = volume.Name,
        ["Links"] = $"{Math.Max(0, volume.UsageData?.RefCount ?? 0)}",
        ["Size"] = Human.Size(Math.Max(0, volume.UsageData?.Size ?? 0)),
    };
}
