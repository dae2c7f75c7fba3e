using Tare.Cli.CommandLine;
using Tare.Cli.Contexts;

namespace Tare.Cli.Commands.Contexts;

/// <summary>tare context use.</summary>
internal static class UseCommand
{
    public static Command Build(string path) => new(path, "CONTEXT", "Set the current context")
    {
        MinArguments = 1,
        MaxArguments = 1,
        Run = static (session, names) =>
        {
            new ContextStore(session.Environment).Use(names[0]);
            session.Out.WriteLine(names[0]);
            session.Error.WriteLine($"Current context is now \"{names[0]}\"");
            if (session.Environment("TARE_HOST") is { Length: > 0 } || session.Environment("DOCKER_HOST") is { Length: > 0 })
                session.Error.WriteLine("Warning: TARE_HOST or DOCKER_HOST overrides the active context; unset it to use the context");
            return 0;
        },
    };
}
