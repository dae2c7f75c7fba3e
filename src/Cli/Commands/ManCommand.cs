using Tare.Cli.CommandLine;
using Tare.Errors;

namespace Tare.Cli.Commands;

/// <summary>tare man: writes a manual page for each command into a directory.</summary>
internal static class ManCommand
{
    public static Command Build(string path) => new(path, "DIRECTORY", "Write the manual pages of all commands into a directory")
    {
        MinArguments = 1,
        MaxArguments = 1,
        Run = static (session, words) =>
        {
            string directory = words[0];
            if (!Directory.Exists(directory))
                throw TareException.Invalid($"write manual pages: there is no directory {directory}");
            CommandEntry[] roots = CommandTree.Roots();
            File.WriteAllText(Path.Combine(directory, "tare.1"), ManPage.OfProgram(CliProgram.Summary, new Options.GlobalFlags().All, roots));
            foreach (CommandEntry entry in roots)
                Write(directory, entry, entry.Name);
            return 0;
        },
    };

    private static void Write(string directory, CommandEntry entry, string path)
    {
        string page = entry.Build is { } build ? ManPage.Of(build(path)) : ManPage.OfGroup(path, entry);
        File.WriteAllText(Path.Combine(directory, ManPage.NameOf(path) + ".1"), page);
        foreach (CommandEntry child in entry.Children)
            Write(directory, child, path + " " + child.Name);
    }
}
