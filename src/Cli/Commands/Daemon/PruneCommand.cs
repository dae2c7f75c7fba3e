using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare system prune: stopped containers, unused networks, dangling images and, where asked, volumes.</summary>
internal static class PruneCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Remove unused data") { MaxArguments = 0 };
        SwitchFlag all = command.Flags.Switch("all", "Remove all unused images not just dangling ones", 'a');
        SwitchFlag force = command.Flags.Switch("force", "Do not prompt for confirmation", 'f');
        SwitchFlag volumes = command.Flags.Switch("volumes", "Prune anonymous volumes");
        ListFlag filter = command.Flags.List("filter", "Provide filter values (e.g. \"label=<key>=<value>\")", valueName: "filter");
        command.Run = (session, _) =>
        {
            if (!force.Value && !Confirmation.Ask(session, Warning(all.Value, volumes.Value)))
                return 0;
            ContainersPruneResponse containers = session.Client.Containers.Prune(Confirmation.Filters(filter.Values));
            Containers.PruneCommand.Print(session, containers.ContainersDeleted, "Deleted Containers:");
            ulong bytes = containers.SpaceReclaimed;
            Containers.PruneCommand.Print(session, session.Client.Networks.Prune(Confirmation.Filters(filter.Values)).NetworksDeleted, "Deleted Networks:");
            if (volumes.Value)
                bytes += Volumes.PruneCommand.Prune(session, all: false, filter.Values);
            bytes += Images.PruneCommand.Prune(session, all.Value, filter.Values);
            session.Out.WriteLine($"Total reclaimed space: {Human.Size(bytes, 4)}");
            return 0;
        };
        return command;
    }

    private static string Warning(bool all, bool volumes) =>
        "This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n"
        + (volumes ? "  - all anonymous volumes not used by at least one container\n" : "")
        + (all ? "  - all images without at least one container associated to them\n" : "  - all dangling images\n")
        + "  - unused build cache\n";
}
