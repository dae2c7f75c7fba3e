using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Registries;

namespace Tare.Cli.Commands.Images;

/// <summary>tare pull: fetches an image from a registry.</summary>
internal static class PullCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME[:TAG|@DIGEST]", "Download an image from a registry") { MinArguments = 1, MaxArguments = 1 };
        var transfer = new RegistryTransfer(command, "Download all tagged images in the repository", "Set platform if server is multi-platform capable");
        command.Run = (session, words) =>
        {
            transfer.Run(session, words[0], session.Client.Images.Pull);
            session.Out.WriteLine(FullName(transfer.All ? ImageName.Split(words[0]).Repository : ImageName.WithTag(words[0])));
            return 0;
        };
        return command;
    }

    /// <summary>With the registry, as Docker prints the name of what was pulled.</summary>
    private static string FullName(string image) => CredentialStore.ServerOf(image) != CredentialStore.DockerHub || image.StartsWith("docker.io/", StringComparison.Ordinal) ? image
        : image.Contains('/', StringComparison.Ordinal) ? "docker.io/" + image : "docker.io/library/" + image;
}
