using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;

namespace Tare.Cli.Commands.Images;

/// <summary>tare image prune: removes images that nothing uses.</summary>
internal static class PruneCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Remove unused images") { MaxArguments = 0 };
        SwitchFlag all = command.Flags.Switch("all", "Remove all unused images, not just dangling ones", 'a');
        SwitchFlag force = command.Flags.Switch("force", "Do not prompt for confirmation", 'f');
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"until=<timestamp>\")", valueName: "filter");
        command.Run = (session, _) =>
        {
            string warning = all.Value ? "This will remove all images without at least one container associated to them." : "This will remove all dangling images.";
            if (!force.Value && !Confirmation.Ask(session, warning))
                return 0;
            session.Out.WriteLine($"Total reclaimed space: {Human.Size(Prune(session, all.Value, filter.Values), 4)}");
            return 0;
        };
        return command;
    }

    /// <summary>Removes, prints what went and returns the bytes.</summary>
    internal static ulong Prune(Session session, bool all, IEnumerable<string> filterValues)
    {
        FilterSet filters = Confirmation.Filters(filterValues);
        filters.Add("dangling", all ? "false" : "true");
        ImagesPruneResponse done = session.Client.Images.Prune(filters);
        List<string>? lines = done.ImagesDeleted?.ConvertAll(i => i.Deleted is { } id ? $"deleted: {id}" : $"untagged: {i.Untagged}");
        Containers.PruneCommand.Print(session, lines, "Deleted Images:");
        return done.SpaceReclaimed;
    }
}
