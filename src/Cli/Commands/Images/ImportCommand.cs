using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Images;

/// <summary>tare import: makes an image of one layer from a tar.</summary>
internal static class ImportCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]", "Import the contents from a tarball to create a filesystem image")
        {
            MinArguments = 1,
            MaxArguments = 2,
        };
        ListFlag change = command.Flags.List("change", "Apply Dockerfile instruction to the created image", 'c');
        TextFlag message = command.Flags.Text("message", "Set commit message for imported image", 'm');
        TextFlag platform = command.Flags.Text("platform", "Set platform if server is multi-platform capable");
        command.Run = (session, words) =>
        {
            (string? repository, string? tag) = ImageName.SplitOptional(words.ElementAtOrDefault(1));
            bool remote = words[0].StartsWith("http://", StringComparison.Ordinal) || words[0].StartsWith("https://", StringComparison.Ordinal);
            using EngineResponse response = session.Client.Images.Import(
                remote ? words[0] : "-", repository, tag, message.Given, platform.Given, change.Values, remote ? null : ArchiveFile.Reader(session, words[0]));
            ProgressDisplay.Show(response.Body, session.Out);
            return 0;
        };
        return command;
    }
}
