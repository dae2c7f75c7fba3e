using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare diff: what a container changed in its image's files.</summary>
internal static class DiffCommand
{
    private const string Kinds = "CAD";

    public static Command Build(string path) => new(path, "CONTAINER", "Inspect changes to files or directories on a container's filesystem")
    {
        MinArguments = 1,
        MaxArguments = 1,
        Run = static (session, names) =>
        {
            foreach (FilesystemChange change in session.Client.Containers.Changes(names[0]))
                session.Out.WriteLine($"{(change.Kind < Kinds.Length ? Kinds[change.Kind] : '?')} {change.Path}");
            return 0;
        },
    };
}
