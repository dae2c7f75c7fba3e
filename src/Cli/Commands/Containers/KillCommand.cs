using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare kill: sends a signal.</summary>
internal static class KillCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [CONTAINER...]", "Kill one or more running containers") { MinArguments = 1 };
        TextFlag signal = command.Flags.Text("signal", "Signal to send to the container", 's');
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Containers.Kill(name, signal.Given));
        return command;
    }
}
