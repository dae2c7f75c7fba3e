using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Volumes;

namespace Tare.Cli.Commands.Volumes;

/// <summary>tare volume ls.</summary>
internal static class ListCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "List volumes") { MaxArguments = 0 };
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"dangling=true\")", 'f', "filter");
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only display volume names", 'q');
        command.Run = (session, _) =>
        {
            var listing = new Listing(("Driver", "DRIVER"), ("Name", "VOLUME NAME"));
            foreach (Volume volume in session.Client.Volumes.List(Confirmation.Filters(filter.Values)).Volumes.OrderBy(v => v.Name, StringComparer.Ordinal))
            {
                listing.Add(new Dictionary<string, object?>
                {
                    ["Driver"] = volume.Driver,
                    ["Name"] = volume.Name,
                    ["Scope"] = volume.Scope,
                    ["Mountpoint"] = volume.Mountpoint,
                    // What the list does not know; docker's has these columns too.
                    ["Availability"] = "N/A",
                    ["Group"] = "N/A",
                    ["Links"] = "N/A",
                    ["Size"] = "N/A",
                    ["Status"] = "N/A",
                    ["Labels"] = string.Join(',', (volume.Labels ?? []).Select(l => $"{l.Key}={l.Value}")),
                    ["Label"] = (Func<string, object?>)(name => (volume.Labels ?? []).GetValueOrDefault(name, "")),
                });
            }
            listing.Print(session.Out, format.Given, quiet.Value ? "Name" : null);
            return 0;
        };
        return command;
    }
}
