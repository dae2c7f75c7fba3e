using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare commit: makes an image of a container's changes.</summary>
internal static class CommitCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]", "Create a new image from a container's changes") { MinArguments = 1, MaxArguments = 2 };
        TextFlag author = command.Flags.Text("author", "Author (e.g., \"Ada Lovelace <ada@example.org>\")", 'a');
        ListFlag change = command.Flags.List("change", "Apply Dockerfile instruction to the created image", 'c');
        TextFlag message = command.Flags.Text("message", "Commit message", 'm');
        SwitchFlag pause = command.Flags.Switch("pause", "Pause container during commit", 'p', value: true);
        command.Run = (session, words) =>
        {
            (string? repository, string? tag) = ImageName.SplitOptional(words.ElementAtOrDefault(1));
            try
            {
                session.Out.WriteLine(session.Client.Images.Commit(words[0], repository, tag, message.Given, author.Given, pause.Value, change.Values));
                return 0;
            }
            catch (EngineErrorException error) when (error.IsBadReference)
            {
                throw new ExitException(1, error.Message);
            }
        };
        return command;
    }
}
