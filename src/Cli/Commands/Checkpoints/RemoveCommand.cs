using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Checkpoints;

/// <summary>tare checkpoint rm.</summary>
internal static class RemoveCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER CHECKPOINT", "Remove a checkpoint") { MinArguments = 2, MaxArguments = 2 };
        TextFlag directory = command.Flags.Text("checkpoint-dir", "Use a custom checkpoint storage directory");
        command.Run = (session, words) =>
        {
            session.Client.Checkpoints.Remove(words[0], words[1], directory.Given);
            return 0;
        };
        return command;
    }
}
