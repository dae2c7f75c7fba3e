using System.Globalization;
using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare restart: stops and starts.</summary>
internal static class RestartCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [CONTAINER...]", "Restart one or more containers") { MinArguments = 1 };
        TextFlag signal = command.Flags.Text("signal", "Signal to send to the container", 's');
        NumberFlag time = command.Flags.Integer("timeout", "Seconds to wait before killing the container", 't');
        NumberFlag old = command.Flags.Integer("time", "Seconds to wait before killing the container (same as --timeout)");
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Containers.Restart(name, signal.Given, (time.Given ?? old.Given)?.ToString(CultureInfo.InvariantCulture)));
        return command;
    }
}
