using Tare.Cli.CommandLine;
using Tare.EngineApi.Images;

namespace Tare.Cli.Commands.Images;

/// <summary>tare rmi: takes names away, and images with their last name.</summary>
internal static class RemoveCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE [IMAGE...]", "Remove one or more images") { MinArguments = 1 };
        SwitchFlag force = command.Flags.Switch("force", "Force removal of the image", 'f');
        SwitchFlag noPrune = command.Flags.Switch("no-prune", "Do not delete untagged parents");
        command.Run = (session, names) => EachName.Try(session, names, name =>
        {
            foreach (DeleteItem item in session.Client.Images.Remove(name, force.Value, noPrune.Value))
                session.Out.WriteLine(item.Deleted is { } id ? $"Deleted: {id}" : $"Untagged: {item.Untagged}");
        }, force.Value);
        return command;
    }
}
