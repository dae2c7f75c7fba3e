using System.Globalization;
using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare stop: ends with a signal, then by force.</summary>
internal static class StopCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [CONTAINER...]", "Stop one or more running containers") { MinArguments = 1 };
        TextFlag signal = command.Flags.Text("signal", "Signal to send to the container", 's');
        NumberFlag time = command.Flags.Integer("timeout", "Seconds to wait before killing the container", 't');
        NumberFlag old = command.Flags.Integer("time", "Seconds to wait before killing the container (same as --timeout)");
        command.Run = (session, names) => EachName.Do(session, names, name => session.Client.Containers.Stop(name, signal.Given, (time.Given ?? old.Given)?.ToString(CultureInfo.InvariantCulture)));
        return command;
    }
}
