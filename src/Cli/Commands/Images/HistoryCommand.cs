using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Images;

namespace Tare.Cli.Commands.Images;

/// <summary>tare history: how an image was made.</summary>
internal static class HistoryCommand
{
    private const int CreatedByWidth = 45;

    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE", "Show the history of an image") { MinArguments = 1, MaxArguments = 1 };
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag human = command.Flags.Switch("human", "Print sizes and dates in human readable format", 'H', value: true);
        SwitchFlag noTrunc = command.Flags.Switch("no-trunc", "Don't truncate output");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only show image IDs", 'q');
        command.Run = (session, names) =>
        {
            var listing = new Listing(
                ("ID", "IMAGE"), human.Value ? ("CreatedSince", "CREATED") : ("CreatedAt", "CREATED AT"), ("CreatedBy", "CREATED BY"), ("Size", "SIZE"), ("Comment", "COMMENT"));
            foreach (HistoryItem item in session.Client.Images.History(names[0]))
                listing.Add(Row(item, human.Value, !noTrunc.Value));
            listing.Print(session.Out, format.Given, quiet.Value ? "ID" : null);
            return 0;
        };
        return command;
    }

    private static Dictionary<string, object?> Row(HistoryItem item, bool human, bool truncate)
    {
        var created = DateTimeOffset.FromUnixTimeSeconds(item.Created);
        string by = item.CreatedBy.Replace('\t', ' ');
        return new Dictionary<string, object?>
        {
            ["ID"] = truncate ? Human.ShortId(item.Id) : item.Id,
            ["CreatedSince"] = item.Created > 0 ? Human.Ago(created, DateTimeOffset.UtcNow) : "N/A",
            ["CreatedAt"] = GoTimeText(created),
            ["CreatedBy"] = truncate ? Human.Ellipsis(by, CreatedByWidth) : by,
            ["Size"] = human ? Human.Size(item.Size) : $"{item.Size}",
            ["Comment"] = item.Comment,
        };
    }

    private static string GoTimeText(DateTimeOffset time) => EngineApi.GoTime.Format(time);
}
