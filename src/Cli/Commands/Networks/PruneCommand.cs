using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Networks;

/// <summary>tare network prune.</summary>
internal static class PruneCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Remove all unused networks") { MaxArguments = 0 };
        SwitchFlag force = command.Flags.Switch("force", "Do not prompt for confirmation", 'f');
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"until=<timestamp>\")", valueName: "filter");
        command.Run = (session, _) =>
        {
            if (!force.Value && !Confirmation.Ask(session, "This will remove all custom networks not used by at least one container."))
                return 0;
            Containers.PruneCommand.Print(session, session.Client.Networks.Prune(Confirmation.Filters(filter.Values)).NetworksDeleted, "Deleted Networks:");
            return 0;
        };
        return command;
    }
}
