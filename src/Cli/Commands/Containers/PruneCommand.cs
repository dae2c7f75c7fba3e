using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare container prune: removes all stopped containers.</summary>
internal static class PruneCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Remove all stopped containers") { MaxArguments = 0 };
        SwitchFlag force = command.Flags.Switch("force", "Do not prompt for confirmation", 'f');
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"until=<timestamp>\")", valueName: "filter");
        command.Run = (session, _) =>
        {
            if (!force.Value && !Confirmation.Ask(session, "This will remove all stopped containers."))
                return 0;
            ContainersPruneResponse done = session.Client.Containers.Prune(Confirmation.Filters(filter.Values));
            Print(session, done.ContainersDeleted, "Deleted Containers:");
            session.Out.WriteLine($"Total reclaimed space: {Human.Size(done.SpaceReclaimed, 4)}");
            return 0;
        };
        return command;
    }

    /// <summary>A heading with ids below it, or nothing.</summary>
    internal static void Print(Session session, List<string>? ids, string heading)
    {
        if (ids is not { Count: > 0 })
            return;
        session.Out.WriteLine(heading);
        foreach (string id in ids)
            session.Out.WriteLine(id);
        session.Out.WriteLine();
    }
}
