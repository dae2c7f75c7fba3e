using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Volumes;

namespace Tare.Cli.Commands.Volumes;

/// <summary>tare volume prune.</summary>
internal static class PruneCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Remove unused local volumes") { MaxArguments = 0 };
        SwitchFlag all = command.Flags.Switch("all", "Remove all unused volumes, not just anonymous ones", 'a');
        SwitchFlag force = command.Flags.Switch("force", "Do not prompt for confirmation", 'f');
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"label=<label>\")", valueName: "filter");
        command.Run = (session, _) =>
        {
            string which = all.Value ? "local volumes" : "anonymous local volumes";
            if (!force.Value && !Confirmation.Ask(session, $"This will remove {which} not used by at least one container."))
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
        if (all)
            filters.Add("all", "true");
        VolumesPruneResponse done = session.Client.Volumes.Prune(filters);
        Containers.PruneCommand.Print(session, done.VolumesDeleted, "Deleted Volumes:");
        return done.SpaceReclaimed;
    }
}
