using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;

namespace Tare.Cli.Commands.Images;

/// <summary>tare push: brings an image into a registry.</summary>
internal static class PushCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME[:TAG]", "Upload an image to a registry") { MinArguments = 1, MaxArguments = 1 };
        var transfer = new RegistryTransfer(
            command, "Push all tags of an image to the repository", "Push a platform-specific manifest as a single-platform image to the registry");
        command.Run = (session, words) =>
        {
            transfer.Run(session, words[0], session.Client.Images.Push);
            if (transfer.Quiet)
                session.Out.WriteLine(transfer.All ? words[0] : ImageName.WithTag(words[0]));
            return 0;
        };
        return command;
    }
}
