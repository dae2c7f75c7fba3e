using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare unpause: lets frozen processes go on.</summary>
internal static class UnpauseCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "CONTAINER [CONTAINER...]", "Unpause all processes within one or more containers") { MinArguments = 1 };
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Containers.Unpause(name));
        return command;
    }
}
