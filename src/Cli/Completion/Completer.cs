using Tare.Cli.CommandLine;

namespace Tare.Cli.Completion;

/// <summary>Words that may stand where the last one of a command line is: commands, options, their values, and names that the engine knows.</summary>
internal static class Completer
{
    /// <summary>Words that begin as the last one does, in order.</summary>
    public static IEnumerable<string> Complete(Session session, CommandEntry[] level, IReadOnlyList<string> words)
    {
        string last = words.Count > 0 ? words[^1] : "";
        string path = "";
        for (int i = 0; i + 1 < words.Count; i++)
        {
            if (path.Length == 0 && i + 2 < words.Count && TakeGlobal(session, words[i], words[i + 1]))
            {
                i++;
                continue;
            }
            CommandEntry? entry = Array.Find(level, e => e.Answers(words[i]));
            if (entry is null)
                continue;
            path += (path.Length > 0 ? " " : "") + entry.Name;
            if (entry.Build is { } build)
                return Matching(OfCommand(session, build(path), [.. words.Skip(i + 1)]), last);
            level = entry.Children;
        }
        return Matching(level.Select(e => e.Name), last);
    }

    /// <summary>The engine that is asked is the one that the command line means.</summary>
    private static bool TakeGlobal(Session session, string word, string value)
    {
        switch (word)
        {
            case "-H" or "--host":
                session.Host = value;
                return true;
            case "-c" or "--context":
                session.ContextName = value;
                return true;
            default:
                return false;
        }
    }

    private static IEnumerable<string> OfCommand(Session session, Command command, List<string> words)
    {
        string last = words[^1];
        int arguments = 0;
        for (int i = 0; i + 1 < words.Count; i++)
        {
            if (words[i].Length > 1 && words[i][0] == '-')
            {
                Flag? flag = FlagOf(command, words[i]);
                if (flag is null || flag.IsSwitch || words[i].Contains('=', StringComparison.Ordinal))
                    continue;
                if (i + 2 == words.Count)
                    return WordSource.ValuesOf(session, flag.Name);
                i++;
                continue;
            }
            arguments++;
            // What follows the image of a run, or the container of an exec, is a command in there.
            if (command.OptionsFirst && arguments > 0)
                return [];
        }
        if (last.StartsWith("--", StringComparison.Ordinal) && last.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
            return WordSource.ValuesOf(session, last[2..equals]).Select(value => last[..(equals + 1)] + value);
        return last.StartsWith('-') ? command.Flags.All.Select(flag => "--" + flag.Name).Append("--help") : WordSource.ArgumentsOf(session, command.Path, arguments);
    }

    private static Flag? FlagOf(Command command, string word)
    {
        if (!word.StartsWith("--", StringComparison.Ordinal))
            return command.Flags.All.FirstOrDefault(flag => flag.Shorthand == word[^1]);
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return command.Flags.Find(equals < 0 ? word[2..] : word[2..equals]);
    }

    private static IEnumerable<string> Matching(IEnumerable<string> words, string start) =>
        words.Where(word => word.StartsWith(start, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal);
}
