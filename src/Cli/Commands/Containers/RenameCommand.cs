using Tare.Cli.CommandLine;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare rename: gives another name.</summary>
internal static class RenameCommand
{
    public static Command Build(string path) => new(path, "CONTAINER NEW_NAME", "Rename a container")
    {
        MinArguments = 2,
        MaxArguments = 2,
        Run = static (session, names) =>
        {
            try
            {
                session.Client.Containers.Rename(names[0], names[1]);
                return 0;
            }
            catch (EngineErrorException error)
            {
                throw new ExitException(1, $"Error response from daemon: {error.Message}\nError: failed to rename container named {names[0]}");
            }
        },
    };
}
