using System.Text;

namespace Tare.Cli.CommandLine;

/// <summary>Manual pages in the man(7) macros, made from the same declarations as the help texts. Pure.</summary>
public static class ManPage
{
    /// <summary>"tare-container-ls" for "container ls".</summary>
    public static string NameOf(string path) => "tare-" + path.Replace(' ', '-');

    /// <summary>The page of one command.</summary>
    public static string Of(Command command)
    {
        StringBuilder page = Head(NameOf(command.Path), command.Summary);
        _ = page.Append(".SH SYNOPSIS\n.B tare ").Append(Escape(command.Path)).Append('\n').Append(Escape(command.Arguments)).Append('\n');
        _ = page.Append(".SH DESCRIPTION\n").Append(Escape(command.Summary)).Append(".\n");
        AppendFlags(page, "OPTIONS", command.Flags.All);
        return SeeAlso(page, ["tare"]);
    }

    /// <summary>The page of a group of commands.</summary>
    public static string OfGroup(string path, CommandEntry group)
    {
        StringBuilder page = Head(NameOf(path), group.Summary);
        _ = page.Append(".SH SYNOPSIS\n.B tare ").Append(Escape(path)).Append("\nCOMMAND\n");
        AppendEntries(page, path + " ", group.Children);
        return SeeAlso(page, ["tare", .. group.Children.Select(child => NameOf($"{path} {child.Name}"))]);
    }

    /// <summary>The page of the program.</summary>
    public static string OfProgram(string summary, FlagSet globals, CommandEntry[] entries)
    {
        StringBuilder page = Head("tare", summary);
        _ = page.Append(".SH SYNOPSIS\n.B tare\n[OPTIONS] COMMAND\n");
        AppendFlags(page, "OPTIONS", globals.All);
        AppendEntries(page, "", entries);
        _ = page.Append(".SH ENVIRONMENT\n");
        Item(page, "TARE_HOST, DOCKER_HOST", "Where the engine listens: unix:///run/tare/tared.sock, tcp://HOST:PORT, ssh://USER@HOST");
        Item(page, "DOCKER_CONTEXT", "Name of the context to use");
        Item(page, "DOCKER_CONFIG", "Directory of config.json and of contexts (default ~/.docker)");
        _ = page.Append(".SH EXIT STATUS\n");
        Item(page, "125", "The container could not be started");
        Item(page, "126, 127", "Its command cannot be run, or does not exist");
        Item(page, "other", "That of the command in the container; 1 for any other failure");
        return SeeAlso(page, [.. entries.Select(entry => NameOf(entry.Name))]);
    }

    private static StringBuilder Head(string name, string summary) => new StringBuilder()
        .Append(".TH \"").Append(name.ToUpperInvariant()).Append("\" \"1\" \"\" \"tare ").Append(ProductVersion.Text).Append("\" \"Tare\"\n")
        .Append(".nh\n.SH NAME\n").Append(Escape(name)).Append(" \\- ").Append(Escape(summary)).Append('\n');

    private static void AppendFlags(StringBuilder page, string title, IEnumerable<Flag> flags)
    {
        Flag[] all = [.. flags.OrderBy(flag => flag.Name, StringComparer.Ordinal)];
        if (all.Length == 0)
            return;
        _ = page.Append(".SH ").Append(title).Append('\n');
        foreach (Flag flag in all)
        {
            string names = (flag.Shorthand == '\0' ? "" : $"-{flag.Shorthand}, ") + "--" + flag.Name + (flag.ValueName.Length > 0 ? " " + flag.ValueName : "");
            Item(page, names, flag.Usage + (flag.DefaultText is { } value ? $" (default {value})" : ""));
        }
    }

    private static void AppendEntries(StringBuilder page, string path, IEnumerable<CommandEntry> entries)
    {
        _ = page.Append(".SH COMMANDS\n");
        foreach (CommandEntry entry in entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
            Item(page, path + entry.Name, entry.Summary);
    }

    private static void Item(StringBuilder page, string name, string text) =>
        _ = page.Append(".TP\n\\fB").Append(Escape(name)).Append("\\fR\n").Append(Escape(text)).Append('\n');

    private static string SeeAlso(StringBuilder page, IReadOnlyList<string> names) =>
        page.Append(".SH SEE ALSO\n").AppendJoin(", ", names.Select(name => $"\\fB{Escape(name)}\\fR(1)")).Append('\n').ToString();

    /// <summary>A dash is no minus, a backslash begins an escape, and a line may not begin with a control character.</summary>
    private static string Escape(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
