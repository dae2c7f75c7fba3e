using Tare.Cli.CommandLine;
using Tare.EngineApi.Networks;

namespace Tare.Cli.Commands.Networks;

/// <summary>tare network disconnect.</summary>
internal static class DisconnectCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NETWORK CONTAINER", "Disconnect a container from a network") { MinArguments = 2, MaxArguments = 2 };
        SwitchFlag force = command.Flags.Switch("force", "Force the container to disconnect from a network", 'f');
        command.Run = (session, words) =>
        {
            session.Client.Networks.Disconnect(words[0], new NetworkDisconnectRequest { Container = words[1], Force = force.Value });
            return 0;
        };
        return command;
    }
}
