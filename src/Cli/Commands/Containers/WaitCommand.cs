using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare wait: blocks until containers stop and prints their exit codes.</summary>
internal static class WaitCommand
{
    public static Command Build(string path) => new(path, "CONTAINER [CONTAINER...]", "Block until one or more containers stop, then print their exit codes")
    {
        MinArguments = 1,
        Run = static (session, names) => EachName.Try(session, names, name =>
        {
            session.Out.WriteLine($"{session.Client.Containers.Wait(name).StatusCode}");
            session.Out.Flush();
        }),
    };
}
