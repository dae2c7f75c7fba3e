using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Checkpoints;

/// <summary>tare checkpoint create.</summary>
internal static class CreateCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER CHECKPOINT", "Create a checkpoint from a running container") { MinArguments = 2, MaxArguments = 2 };
        TextFlag directory = command.Flags.Text("checkpoint-dir", "Use a custom checkpoint storage directory");
        SwitchFlag leave = command.Flags.Switch("leave-running", "Leave the container running after checkpoint");
        command.Run = (session, words) =>
        {
            session.Client.Checkpoints.Create(words[0], new CheckpointCreateRequest { CheckpointID = words[1], CheckpointDir = directory.Value ?? "", Exit = !leave.Value });
            session.Out.WriteLine(words[1]);
            return 0;
        };
        return command;
    }
}
