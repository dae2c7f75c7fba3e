using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Commands.Images;

/// <summary>tare load: takes images from an archive.</summary>
internal static class LoadCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Load an image from a tar archive or STDIN") { MaxArguments = 0 };
        TextFlag input = command.Flags.Text("input", "Read from tar archive file, instead of STDIN", 'i');
        SwitchFlag quiet = command.Flags.Switch("quiet", "Suppress the load output", 'q');
        command.Run = (session, _) =>
        {
            if (!input.IsSet && session.InputIsTerminal)
                throw TareException.Invalid("requested load from stdin, but stdin is empty");
            using EngineResponse response = session.Client.Images.Load(quiet.Value, ArchiveFile.Reader(session, input.Given));
            ProgressDisplay.Show(response.Body, session.Out);
            return 0;
        };
        return command;
    }
}
