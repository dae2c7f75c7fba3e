using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Registries;
using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Commands.Images;

/// <summary>tare pull: fetches an image from a registry.</summary>
internal static class PullCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME[:TAG|@DIGEST]", "Download an image from a registry") { MinArguments = 1, MaxArguments = 1 };
        SwitchFlag all = command.Flags.Switch("all-tags", "Download all tagged images in the repository", 'a');
        TextFlag platform = command.Flags.Text("platform", "Set platform if server is multi-platform capable");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Suppress verbose output", 'q');
        command.Run = (session, words) =>
        {
            (string repository, string tag) = ImageName.Split(words[0]);
            if (all.Value && ImageName.WithTag(words[0]) == words[0])
                throw TareException.Invalid("tag can't be used with --all-tags/-a");
            if (!all.Value && !quiet.Value && ImageName.WithTag(words[0]) != words[0])
                session.Out.WriteLine("Using default tag: latest");
            session.Out.Flush();
            using EngineResponse response = session.Client.Images.Pull(
                repository, all.Value ? null : tag, platform.Given, new CredentialStore(session.Environment).HeaderFor(words[0]));
            ProgressDisplay.Show(response.Body, quiet.Value ? null : session.Out);
            session.Out.WriteLine(FullName(all.Value ? repository : ImageName.WithTag(words[0])));
            return 0;
        };
        return command;
    }

    /// <summary>With the registry, as Docker prints the name of what was pulled.</summary>
    private static string FullName(string image) => CredentialStore.ServerOf(image) != CredentialStore.DockerHub || image.StartsWith("docker.io/", StringComparison.Ordinal) ? image
        : image.Contains('/', StringComparison.Ordinal) ? "docker.io/" + image : "docker.io/library/" + image;
}
