using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Registries;
using Tare.EngineApi.Registries;

namespace Tare.Cli.Commands.Registries;

/// <summary>tare search: repositories of Docker Hub, or of the registry that the term begins with.</summary>
internal static class SearchCommand
{
    private const int ShownDescription = 45;

    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] TERM", "Search Docker Hub, or REGISTRY/TERM, for images") { MinArguments = 1, MaxArguments = 1 };
        ListFlag filter = command.Flags.List("filter", "Filter output based on conditions provided", 'f', "filter");
        TextFlag format = command.Flags.Text("format", "Pretty-print search using a Go template");
        NumberFlag limit = command.Flags.Number("limit", "Max number of search results", "int", NumberFlag.ReadInteger);
        SwitchFlag noTrunc = command.Flags.Switch("no-trunc", "Don't truncate output");
        command.Run = (session, words) =>
        {
            var listing = new Listing(("Name", "NAME"), ("Description", "DESCRIPTION"), ("StarCount", "STARS"), ("IsOfficial", "OFFICIAL"));
            string auth = new CredentialStore(session.Environment).HeaderFor(words[0]);
            foreach (SearchItem item in session.Client.Registries.Search(words[0], limit.Given ?? 25, Confirmation.Filters(filter.Values), auth))
            {
                bool cut = !noTrunc.Value && item.Description.Length > ShownDescription;
                listing.Add(new Dictionary<string, object?>
                {
                    ["Name"] = item.Name,
                    ["Description"] = cut ? item.Description[..(ShownDescription - 1)] + "…" : item.Description,
                    ["StarCount"] = item.StarCount,
                    ["IsOfficial"] = item.IsOfficial ? "[OK]" : "",
                    ["IsAutomated"] = item.IsAutomated ? "[OK]" : "",
                });
            }
            listing.Print(session.Out, format.Given);
            return 0;
        };
        return command;
    }
}
