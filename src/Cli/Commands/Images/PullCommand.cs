using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Images;

/// <summary>tare pull: fetches an image from a registry.</summary>
internal static class PullCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME[:TAG|@DIGEST]", "Download an image from a registry") { MinArguments = 1, MaxArguments = 1 };
        TextFlag platform = command.Flags.Text("platform", "Set platform if server is multi-platform capable");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Suppress verbose output", 'q');
        command.Run = (session, words) =>
        {
            (string repository, string tag) = ImageName.Split(words[0]);
            using EngineResponse response = session.Client.Images.Pull(repository, tag, platform.Given);
            ProgressDisplay.Show(response.Body, quiet.Value ? null : session.Out);
            session.Out.WriteLine(ImageName.WithTag(words[0]));
            return 0;
        };
        return command;
    }
}
