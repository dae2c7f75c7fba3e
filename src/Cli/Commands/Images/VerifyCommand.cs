using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Images;

/// <summary>tare image verify: reads everything of images anew and compares it with its digests.</summary>
internal static class VerifyCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] [IMAGE...]", "Verify the content of images, or of all images");
        SwitchFlag heal = command.Flags.Switch("heal", "Mend what is damaged: from registries, and layers from their blobs");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only show what is damaged", 'q');
        command.Run = (session, words) =>
        {
            using EngineResponse response = session.Client.Images.Verify(words, heal.Value);
            ProgressDisplay.Show(response.Body, session.Out, results: quiet.Value);
            return 0;
        };
        return command;
    }
}
