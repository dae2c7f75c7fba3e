using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare top: the processes of a container.</summary>
internal static class TopCommand
{
    public static Command Build(string path) => new(path, "CONTAINER [ps OPTIONS]", "Display the running processes of a container")
    {
        MinArguments = 1,
        OptionsFirst = true,
        Run = static (session, words) =>
        {
            TopResponse table = session.Client.Containers.Top(words[0], words.Count > 1 ? string.Join(' ', words[1..]) : null);
            Listing.PrintTable(session.Out, [.. table.Titles], table.Processes.Select(p => p.ToArray()), leastWidth: 20);
            return 0;
        },
    };
}
