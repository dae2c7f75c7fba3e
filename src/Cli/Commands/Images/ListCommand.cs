using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;

namespace Tare.Cli.Commands.Images;

/// <summary>tare images: the images, one row for each of their names.</summary>
internal static class ListCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] [REPOSITORY[:TAG]]", "List images") { MaxArguments = 1 };
        SwitchFlag all = command.Flags.Switch("all", "Show all images (default hides intermediate and dangling images)", 'a');
        SwitchFlag digests = command.Flags.Switch("digests", "Show digests");
        ListFlag filter = command.Flags.List("filter", "Filter output based on conditions provided", 'f', "filter");
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag noTrunc = command.Flags.Switch("no-trunc", "Don't truncate output");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only show image IDs", 'q');
        SwitchFlag tree = command.Flags.Switch("tree", "List multi-platform images as a tree");
        command.Run = (session, words) =>
        {
            if (tree.Value && (digests.Value || format.IsSet || noTrunc.Value || quiet.Value))
                throw new ExitException(1, "--tree can not be combined with --digests, --format, --no-trunc or --quiet");
            FilterSet filters = Confirmation.Filters(filter.Values);
            if (words.Count == 1)
                filters.Add("reference", words[0]);
            if (tree.Value)
            {
                ImageTree.Print(session.Out, session.Client.Images.List(all.Value, filters, manifests: true));
                return 0;
            }
            List<(string, string)> columns = [("Repository", "REPOSITORY"), ("Tag", "TAG"), ("ID", "IMAGE ID"), ("CreatedSince", "CREATED"), ("Size", "SIZE")];
            if (digests.Value)
                columns.Insert(2, ("Digest", "DIGEST"));
            var listing = new Listing([.. columns]);
            foreach (ImageSummary image in session.Client.Images.List(all.Value, filters))
            {
                foreach (Dictionary<string, object?> row in Rows(image, !noTrunc.Value, digests.Value || format.Value.Contains(".Digest", StringComparison.Ordinal)))
                    listing.Add(row);
            }
            listing.Print(session.Out, format.Given, quiet.Value ? "ID" : null);
            return 0;
        };
        return command;
    }

    private static IEnumerable<Dictionary<string, object?>> Rows(ImageSummary image, bool truncate, bool withDigest)
    {
        string digest = image.RepoDigests is [{ } first, ..] && first.IndexOf('@', StringComparison.Ordinal) is > 0 and int at ? first[(at + 1)..] : "<none>";
        List<string> names = image.RepoTags is { Count: > 0 } tags ? tags : ["<none>:<none>"];
        foreach (string name in names)
        {
            (string repository, string tag) = name == "<none>:<none>" ? ("<none>", "<none>") : ImageName.Split(name);
            var created = DateTimeOffset.FromUnixTimeSeconds(image.Created);
            yield return new Dictionary<string, object?>
            {
                ["Repository"] = repository,
                ["Tag"] = tag,
                ["ID"] = truncate ? Human.ShortId(image.Id) : image.Id,
                ["Digest"] = withDigest ? digest : "<none>",
                ["CreatedSince"] = image.Created > 0 ? Human.Ago(created, DateTimeOffset.UtcNow) : "N/A",
                ["CreatedAt"] = created.ToString("yyyy-MM-dd HH:mm:ss +0000 'UTC'"),
                ["Size"] = Human.Size(image.Size),
                ["VirtualSize"] = Human.Size(image.Size, 4),
                ["SharedSize"] = image.SharedSize < 0 ? "N/A" : Human.Size(image.SharedSize),
                ["UniqueSize"] = image.SharedSize < 0 ? "N/A" : Human.Size(image.Size - image.SharedSize),
                ["Containers"] = image.Containers < 0 ? "N/A" : $"{image.Containers}",
            };
        }
    }
}
