using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare pause: freezes all processes.</summary>
internal static class PauseCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "CONTAINER [CONTAINER...]", "Pause all processes within one or more containers") { MinArguments = 1 };
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Containers.Pause(name));
        return command;
    }
}
