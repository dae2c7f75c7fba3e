using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Checkpoints;

/// <summary>tare checkpoint ls.</summary>
internal static class ListCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER", "List checkpoints for a container") { MinArguments = 1, MaxArguments = 1 };
        TextFlag directory = command.Flags.Text("checkpoint-dir", "Use a custom checkpoint storage directory");
        command.Run = (session, words) =>
        {
            var listing = new Listing(("Name", "CHECKPOINT NAME"));
            foreach (CheckpointSummary checkpoint in session.Client.Checkpoints.List(words[0], directory.Given))
                listing.Add(new Dictionary<string, object?> { ["Name"] = checkpoint.Name });
            listing.Print(session.Out, null, null);
            return 0;
        };
        return command;
    }
}
