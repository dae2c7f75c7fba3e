using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Registries;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Images;

/// <summary>tare push: brings an image into a registry.</summary>
internal static class PushCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME[:TAG]", "Upload an image to a registry") { MinArguments = 1, MaxArguments = 1 };
        SwitchFlag all = command.Flags.Switch("all-tags", "Push all tags of an image to the repository", 'a');
        TextFlag platform = command.Flags.Text("platform", "Push a platform-specific manifest as a single-platform image to the registry");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Suppress verbose output", 'q');
        command.Run = (session, words) =>
        {
            (string repository, string tag) = ImageName.Split(words[0]);
            if (all.Value && ImageName.WithTag(words[0]) == words[0])
                throw Errors.TareException.Invalid("tag can't be used with --all-tags/-a");
            if (!all.Value && !quiet.Value && ImageName.WithTag(words[0]) != words[0])
                session.Out.WriteLine("Using default tag: latest");
            using EngineResponse response = session.Client.Images.Push(
                repository, all.Value ? null : tag, platform.Given, new CredentialStore(session.Environment).HeaderFor(words[0]));
            ProgressDisplay.Show(response.Body, quiet.Value ? null : session.Out);
            if (quiet.Value)
                session.Out.WriteLine(all.Value ? words[0] : ImageName.WithTag(words[0]));
            return 0;
        };
        return command;
    }
}
