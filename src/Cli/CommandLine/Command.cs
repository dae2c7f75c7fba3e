namespace Tare.Cli.CommandLine;

/// <summary>A command ready to read its command line: usage, options and what it does.</summary>
public sealed class Command(string path, string arguments, string summary)
{
    /// <summary>"container ls", without the program's name.</summary>
    public string Path { get; } = path;

    /// <summary>"[OPTIONS] IMAGE [COMMAND] [ARG...]".</summary>
    public string Arguments { get; } = arguments;

    /// <summary>One sentence for help.</summary>
    public string Summary { get; } = summary;

    /// <summary>Its options.</summary>
    public FlagSet Flags { get; } = new();

    /// <summary>Options end at the first argument.</summary>
    public bool OptionsFirst { get; init; }

    /// <summary>Fewest arguments.</summary>
    public int MinArguments { get; init; }

    /// <summary>Most arguments.</summary>
    public int MaxArguments { get; init; } = int.MaxValue;

    /// <summary>Does it, and returns the exit code.</summary>
    public Func<Session, List<string>, int> Run { get; set; } = static (_, _) => 0;

    /// <summary>Checks the number of arguments with the words people know.</summary>
    public void CheckCount(int count)
    {
        if (count >= MinArguments && count <= MaxArguments)
            return;
        string what = MaxArguments == 0 ? "accepts no arguments"
            : MinArguments == MaxArguments ? $"requires {MinArguments} {Plural(MinArguments)}"
            : count < MinArguments ? $"requires at least {MinArguments} {Plural(MinArguments)}"
            : $"requires at most {MaxArguments} {Plural(MaxArguments)}";
        throw new ExitException(1, $"tare: 'tare {Path}' {what}\n{Help.Hint(this, MaxArguments == int.MaxValue ? "See" : "Run")}");
    }

    private static string Plural(int n) => n == 1 ? "argument" : "arguments";
}

/// <summary>An entry of the command tree: its names, and how to make it when it is called.</summary>
public sealed class CommandEntry(string name, string summary, Func<string, Command>? build, CommandEntry[]? children = null)
{
    /// <summary>The name in help, then the aliases after "|": "ls|list".</summary>
    private readonly string _names = name;

    /// <summary>The name in help.</summary>
    public string Name => _names.Contains('|', StringComparison.Ordinal) ? _names[.._names.IndexOf('|', StringComparison.Ordinal)] : _names;

    /// <summary>One line of help.</summary>
    public string Summary { get; } = summary;

    /// <summary>Makes the command under the path it was called by, or null for a group.</summary>
    public Func<string, Command>? Build { get; } = build;

    /// <summary>Commands of a group.</summary>
    public CommandEntry[] Children { get; } = children ?? [];

    /// <summary>True for the name and each alias.</summary>
    public bool Answers(string word) => _names == word || _names.Split('|').Contains(word);
}
