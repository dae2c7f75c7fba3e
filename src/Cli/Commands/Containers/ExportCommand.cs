using Tare.Cli.CommandLine;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare export: a container's files as a tar.</summary>
internal static class ExportCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER", "Export a container's filesystem as a tar archive") { MinArguments = 1, MaxArguments = 1 };
        TextFlag output = command.Flags.Text("output", "Write to a file, instead of STDOUT", 'o');
        command.Run = (session, names) =>
        {
            ArchiveFile.CheckTarget(output.Given);
            using EngineResponse response = session.Client.Containers.Export(names[0]);
            ArchiveFile.Save(session, response.Body, output.Given);
            return 0;
        };
        return command;
    }
}
