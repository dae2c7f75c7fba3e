using System.Text;

namespace Tare.Cli.CommandLine;

/// <summary>Help texts in the shape people know from Docker.</summary>
public static class Help
{
    private const int NameColumn = 27;

    /// <summary>Help of one command.</summary>
    public static string Of(Command command)
    {
        var text = new StringBuilder();
        _ = text.Append("Usage:  tare ").Append(command.Path).Append(' ').Append(command.Arguments).Append("\n\n").Append(command.Summary).Append('\n');
        if (command.Flags.All.Count == 0)
            return text.ToString();
        _ = text.Append("\nOptions:\n");
        foreach (Flag flag in command.Flags.All.OrderBy(f => f.Name, StringComparer.Ordinal))
            AppendFlag(text, flag);
        return text.ToString();
    }

    /// <summary>Help of a group or, with no path, of the program.</summary>
    public static string Of(string path, string summary, IEnumerable<CommandEntry> entries, FlagSet? globals = null)
    {
        var text = new StringBuilder();
        _ = text.Append("Usage:  tare ").Append(path.Length == 0 ? "[OPTIONS] COMMAND" : path + " COMMAND").Append("\n\n").Append(summary).Append('\n');
        CommandEntry[] all = [.. entries];
        AppendEntries(text, "Commands", all.Where(e => e.Children.Length == 0));
        AppendEntries(text, "Management Commands", all.Where(e => e.Children.Length > 0));
        if (globals is not null)
        {
            _ = text.Append("\nGlobal Options:\n");
            foreach (Flag flag in globals.All)
                AppendFlag(text, flag);
        }
        _ = text.Append("\nRun 'tare ").Append(path.Length == 0 ? "" : path + " ").Append("COMMAND --help' for more information on a command.\n");
        return text.ToString();
    }

    /// <summary>What follows a usage error.</summary>
    public static string Hint(Command command, string verb = "Run") =>
        $"\nUsage:  tare {command.Path} {command.Arguments}\n\n{verb} 'tare {command.Path} --help' for more information";

    private static void AppendEntries(StringBuilder text, string title, IEnumerable<CommandEntry> entries)
    {
        CommandEntry[] list = [.. entries.OrderBy(e => e.Name, StringComparer.Ordinal)];
        if (list.Length == 0)
            return;
        _ = text.Append('\n').Append(title).Append(":\n");
        foreach (CommandEntry entry in list)
            _ = text.Append("  ").Append(entry.Name.PadRight(11)).Append(' ').Append(entry.Summary).Append('\n');
    }

    private static void AppendFlag(StringBuilder text, Flag flag)
    {
        string name = (flag.Shorthand == '\0' ? "      --" : $"  -{flag.Shorthand}, --") + flag.Name;
        if (flag.ValueName.Length > 0)
            name += " " + flag.ValueName;
        _ = text.Append(name.Length > NameColumn ? name : name.PadRight(NameColumn)).Append("   ").Append(flag.Usage);
        if (flag.DefaultText is { } value)
            _ = text.Append(" (default ").Append(value).Append(')');
        _ = text.Append('\n');
    }
}
