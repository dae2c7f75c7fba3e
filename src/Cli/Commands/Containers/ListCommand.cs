using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Templates;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare ps: the containers.</summary>
internal static class ListCommand
{
    private const int CommandWidth = 20;

    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "List containers") { MaxArguments = 0 };
        SwitchFlag all = command.Flags.Switch("all", "Show all containers (default shows just running)", 'a');
        ListFlag filter = command.Flags.List("filter", "Filter output based on conditions provided", 'f', "filter");
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        NumberFlag last = command.Flags.Integer("last", "Show n last created containers (includes all states)", 'n', value: -1);
        SwitchFlag latest = command.Flags.Switch("latest", "Show the latest created container (includes all states)", 'l');
        SwitchFlag noTrunc = command.Flags.Switch("no-trunc", "Don't truncate output");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only display container IDs", 'q');
        SwitchFlag size = command.Flags.Switch("size", "Display total file sizes", 's');
        command.Run = (session, _) =>
        {
            FilterSet filters = Confirmation.Filters(filter.Values);
            int? limit = latest.Value ? 1 : last.Value > 0 ? (int)last.Value : null;
            // A whole row has the size too.
            bool needsSize = size.Value || format.Value.Contains(".Size", StringComparison.Ordinal) || format.Value.Contains("json .}", StringComparison.Ordinal);
            List<ContainerSummary> found = session.Client.Containers.List(all.Value || limit is not null, limit, needsSize, filters);
            List<(string, string)> columns =
            [
                ("ID", "CONTAINER ID"), ("Image", "IMAGE"), ("Command", "COMMAND"), ("RunningFor", "CREATED"), ("Status", "STATUS"), ("Ports", "PORTS"), ("Names", "NAMES"),
            ];
            if (size.Value)
                columns.Add(("Size", "SIZE"));
            var listing = new Listing([.. columns]);
            foreach (ContainerSummary container in found)
                listing.Add(Row(container, !noTrunc.Value, needsSize));
            listing.Print(session.Out, format.Given, quiet.Value ? "ID" : null);
            return 0;
        };
        return command;
    }

    internal static Dictionary<string, object?> Row(ContainerSummary container, bool truncate, bool withSize = false)
    {
        var created = DateTimeOffset.FromUnixTimeSeconds(container.Created);
        IEnumerable<string> mounts = container.Mounts.Select(m => m.Name is { Length: > 0 } name ? name : m.Source);
        return new Dictionary<string, object?>
        {
            ["ID"] = truncate ? Human.ShortId(container.Id) : container.Id,
            ["Names"] = string.Join(',', container.Names.Select(n => n.TrimStart('/')).Where(n => !truncate || !n.Contains('/', StringComparison.Ordinal))),
            ["Image"] = container.Image.Length == 0 ? "<no image>"
                : truncate && container.Image.StartsWith("sha256:", StringComparison.Ordinal) ? Human.ShortId(container.Image) : container.Image,
            ["Command"] = TemplateValue.Quote(truncate ? Human.Ellipsis(container.Command, CommandWidth) : container.Command),
            ["CreatedAt"] = created.ToString("yyyy-MM-dd HH:mm:ss +0000 'UTC'"),
            ["RunningFor"] = Human.Ago(created, DateTimeOffset.UtcNow),
            ["Ports"] = PortText.Of(container.Ports),
            ["State"] = container.State,
            ["Status"] = container.Status,
            ["Platform"] = null,
            ["Size"] = Human.Size(container.SizeRw ?? 0) + (withSize ? $" (virtual {Human.Size(container.SizeRootFs ?? 0)})" : ""),
            ["Labels"] = string.Join(',', container.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")),
            ["Mounts"] = string.Join(',', mounts),
            ["LocalVolumes"] = container.Mounts.Count(m => m.Driver == "local").ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Networks"] = string.Join(',', container.NetworkSettings.Networks.Keys.Order(StringComparer.Ordinal)),
            ["Label"] = (Func<string, object?>)(name => container.Labels.GetValueOrDefault(name, "")),
        };
    }
}
