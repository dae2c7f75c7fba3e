using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare rm: removes containers.</summary>
internal static class RemoveCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [CONTAINER...]", "Remove one or more containers") { MinArguments = 1 };
        SwitchFlag force = command.Flags.Switch("force", "Force the removal of a running container (uses SIGKILL)", 'f');
        SwitchFlag volumes = command.Flags.Switch("volumes", "Remove anonymous volumes associated with the container", 'v');
        SwitchFlag link = command.Flags.Switch("link", "Remove the specified link", 'l');
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Containers.Remove(name, volumes.Value, force.Value, link.Value), force.Value);
        return command;
    }
}
