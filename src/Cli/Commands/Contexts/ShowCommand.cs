using Tare.Cli.CommandLine;
using Tare.Cli.Contexts;

namespace Tare.Cli.Commands.Contexts;

/// <summary>tare context show.</summary>
internal static class ShowCommand
{
    public static Command Build(string path) => new(path, "", "Print the name of the current context")
    {
        MaxArguments = 0,
        Run = static (session, _) =>
        {
            session.Out.WriteLine(new EngineChoice(session.Environment, session.Host, session.ContextName).ContextName());
            return 0;
        },
    };
}
