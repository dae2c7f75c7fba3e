using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Networks;

/// <summary>tare network rm.</summary>
internal static class RemoveCommand
{
    public static Command Build(string path) => new(path, "NETWORK [NETWORK...]", "Remove one or more networks")
    {
        MinArguments = 1,
        Run = static (session, names) => EachName.Do(session, names, name => session.Client.Networks.Remove(name)),
    };
}
