using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Networks;

namespace Tare.Cli.Commands.Networks;

/// <summary>tare network ls.</summary>
internal static class ListCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "List networks") { MaxArguments = 0 };
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"driver=bridge\")", 'f', "filter");
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag noTrunc = command.Flags.Switch("no-trunc", "Do not truncate the output");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only display network IDs", 'q');
        command.Run = (session, _) =>
        {
            var listing = new Listing(("ID", "NETWORK ID"), ("Name", "NAME"), ("Driver", "DRIVER"), ("Scope", "SCOPE"));
            foreach (NetworkInspect network in session.Client.Networks.List(Confirmation.Filters(filter.Values)).OrderBy(n => n.Name, StringComparer.Ordinal))
            {
                listing.Add(new Dictionary<string, object?>
                {
                    ["ID"] = noTrunc.Value ? network.Id : Human.ShortId(network.Id),
                    ["Name"] = network.Name,
                    ["Driver"] = network.Driver,
                    ["Scope"] = network.Scope,
                    ["IPv4"] = network.EnableIPv4 ? "true" : "false",
                    ["IPv6"] = network.EnableIPv6 ? "true" : "false",
                    ["Internal"] = network.Internal ? "true" : "false",
                    ["Labels"] = string.Join(',', network.Labels.Select(l => $"{l.Key}={l.Value}")),
                    ["CreatedAt"] = network.Created.Replace('T', ' ').Replace("Z", " +0000 UTC", StringComparison.Ordinal),
                    ["Label"] = (Func<string, object?>)(name => network.Labels.GetValueOrDefault(name, "")),
                });
            }
            listing.Print(session.Out, format.Given, quiet.Value ? "ID" : null);
            return 0;
        };
        return command;
    }
}
