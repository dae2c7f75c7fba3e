using Tare.Cli.CommandLine;
using Tare.Cli.Options;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare create: as run, without the start.</summary>
internal static class CreateCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Create a new container") { OptionsFirst = true, MinArguments = 1 };
        var flags = new ContainerFlags(command.Flags);
        command.Run = (session, arguments) =>
        {
            var creation = new ContainerCreation(session, flags);
            session.Out.WriteLine(creation.Create(creation.BuildBody(arguments, detach: false)));
            return 0;
        };
        return command;
    }
}
