using Tare.Cli.CommandLine;
using Tare.Cli.Contexts;

namespace Tare.Cli.Commands.Contexts;

/// <summary>tare context rm.</summary>
internal static class RemoveCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTEXT [CONTEXT...]", "Remove one or more contexts") { MinArguments = 1 };
        SwitchFlag force = command.Flags.Switch("force", "Force the removal of a context in use", 'f');
        command.Run = (session, names) => EachName.Do(session, names, name => new ContextStore(session.Environment).Remove(name, force.Value));
        return command;
    }
}
