using Tare.Cli.CommandLine;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Images;

/// <summary>tare save: images with their names as an archive.</summary>
internal static class SaveCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE [IMAGE...]", "Save one or more images to a tar archive (streamed to STDOUT by default)") { MinArguments = 1 };
        TextFlag output = command.Flags.Text("output", "Write to a file, instead of STDOUT", 'o');
        command.Run = (session, names) =>
        {
            ArchiveFile.CheckTarget(output.Given);
            using EngineResponse response = session.Client.Images.Save(names);
            ArchiveFile.Save(session, response.Body, output.Given);
            return 0;
        };
        return command;
    }
}
