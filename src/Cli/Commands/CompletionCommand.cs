using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands;

/// <summary>tare completion: a script for the user's shell, which asks "tare __complete" for words.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _tare() {
            local IFS=$'\n'
            COMPREPLY=($(tare __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o default -F _tare tare
        """;

    private const string Zsh = """
        #compdef tare
        _tare() {
            local -a words_found
            words_found=("${(@f)$(tare __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
            compadd -a words_found || _files
        }
        compdef _tare tare
        """;

    private const string Fish = """
        function __tare_words
            set -l words (commandline -opc) (commandline -ct)
            tare __complete $words[2..-1] 2>/dev/null
        end
        complete -c tare -a '(__tare_words)'
        """;

    public static Command Build(string path) => new(path, "bash|zsh|fish", "Generate the autocompletion script for the specified shell")
    {
        MinArguments = 1,
        MaxArguments = 1,
        Run = static (session, words) =>
        {
            session.Out.WriteLine(words[0] switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => throw new UsageException($"unsupported shell \"{words[0]}\": use bash, zsh or fish", exitCode: 1),
            });
            return 0;
        },
    };

    /// <summary>Words that may stand where the last one is: commands, then options of the command.</summary>
    public static IEnumerable<string> Complete(CommandEntry[] level, IReadOnlyList<string> words)
    {
        string last = words.Count > 0 ? words[^1] : "";
        string path = "";
        for (int i = 0; i + 1 < words.Count; i++)
        {
            CommandEntry? entry = Array.Find(level, e => e.Answers(words[i]));
            if (entry is null)
                continue;
            path += (path.Length > 0 ? " " : "") + entry.Name;
            if (entry.Build is { } build)
                return last.StartsWith('-') ? Matching(build(path).Flags.All.Select(f => "--" + f.Name), last) : [];
            level = entry.Children;
        }
        return Matching(level.Select(e => e.Name), last);
    }

    private static IEnumerable<string> Matching(IEnumerable<string> words, string start) =>
        words.Where(w => w.StartsWith(start, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
