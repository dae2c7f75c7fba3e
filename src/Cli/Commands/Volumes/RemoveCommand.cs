using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Volumes;

/// <summary>tare volume rm.</summary>
internal static class RemoveCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] VOLUME [VOLUME...]", "Remove one or more volumes") { MinArguments = 1 };
        SwitchFlag force = command.Flags.Switch("force", "Force the removal of one or more volumes", 'f');
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Volumes.Remove(name, force.Value));
        return command;
    }
}
