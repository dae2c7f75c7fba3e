using System.Text;
using Tare.Errors;

namespace Tare.Images.Make;

/// <summary>Words of a Dockerfile instruction: separated by blanks, with quotes and backslashes. Pure.</summary>
internal static class ConfigWords
{
    /// <summary>The words with their quotes removed.</summary>
    public static string[] Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool started = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (started)
                    words.Add(word.ToString());
                _ = word.Clear();
                started = false;
                continue;
            }
            started = true;
            if (c == '\\' && quote != '\'' && i + 1 < text.Length)
                _ = word.Append(text[++i]);
            else if (quote == '\0' && c is '"' or '\'' && quote == '\0')
                quote = c;
            else if (quote != '\0' && c == quote)
                quote = '\0';
            else
                _ = word.Append(c);
        }
        if (quote != '\0')
            throw TareException.Invalid($"unexpected end of statement while looking for matching {quote}: {text}");
        if (started)
            words.Add(word.ToString());
        return [.. words];
    }

    /// <summary>"a=1 b=2", or the old form "a the rest".</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Pairs(string instruction, string text)
    {
        string first = text.Split([' ', '\t'], 2)[0];
        if (!first.Contains('=', StringComparison.Ordinal))
        {
            string[] halves = text.Split([' ', '\t'], 2);
            return halves.Length == 2 ? [new(halves[0], halves[1].Trim())] : throw TareException.Invalid($"{instruction} must have two arguments");
        }
        return [.. Split(text).Select(word =>
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            return equals > 0 ? new KeyValuePair<string, string>(word[..equals], word[(equals + 1)..])
                : throw TareException.Invalid($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value");
        })];
    }

    /// <summary>The one argument of an instruction that takes one.</summary>
    public static string Single(string instruction, string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw TareException.Invalid($"{instruction} has an invalid argument") : text;
}
