using System.Text;

namespace Tare.Cli.Templates;

/// <summary>Splits the inside of {{…}} into words: names, fields, texts, numbers and signs.</summary>
internal static class TemplateLexer
{
    /// <summary>A word, where it starts in the action and how it is written there; texts come unquoted with the kind '"', numbers '0', fields '.', variables '$', names 'n', signs as themselves.</summary>
    internal readonly record struct Token(char Kind, string Text, int Start, string Source);

    public static List<Token> Split(string action)
    {
        var tokens = new List<Token>();
        int i = 0;
        while (i < action.Length)
        {
            int start = i;
            if (char.IsWhiteSpace(action[i]))
            {
                i++;
                // A field after a space is a new operand, one without is a field of the last.
                if (tokens.Count > 0 && tokens[^1].Kind != ' ')
                    tokens.Add(new Token(' ', "", start, " "));
                continue;
            }
            (char kind, string text) = Next(action, ref i);
            tokens.Add(new Token(kind, text, start, action[start..i]));
        }
        return tokens;
    }

    private static (char Kind, string Text) Next(string action, ref int i)
    {
        char c = action[i];
        if (c == '"')
            return ('"', Quoted(action, ref i));
        if (c == '`')
            return ('"', Raw(action, ref i));
        if (c == '\'' && i + 2 < action.Length && action[i + 2] == '\'')
        {
            i += 3;
            return ('0', ((int)action[i - 2]).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        if (char.IsAsciiDigit(c) || ((c is '-' or '+') && i + 1 < action.Length && char.IsAsciiDigit(action[i + 1])))
            return ('0', While(action, ref i, ch => char.IsAsciiLetterOrDigit(ch) || ch is '.' or '-' or '+'));
        if (c == '.')
            return ('.', Prefixed(action, ref i));
        if (c == '$')
            return ('$', "$" + Prefixed(action, ref i));
        if (IsName(c))
            return ('n', While(action, ref i, IsName));
        if (c == ':' && i + 1 < action.Length && action[i + 1] == '=')
        {
            i += 2;
            return (':', ":=");
        }
        i++;
        return c is '(' or ')' or '|' or ',' or '=' ? (c, c.ToString()) : throw new TemplateException($"unexpected {c} in command");
    }

    private static string Prefixed(string text, ref int i)
    {
        i++;
        return While(text, ref i, IsName);
    }

    private static string While(string text, ref int i, Func<char, bool> belongs)
    {
        int start = i;
        while (i < text.Length && belongs(text[i]))
            i++;
        return text[start..i];
    }

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static string Raw(string text, ref int i)
    {
        int end = text.IndexOf('`', i + 1);
        if (end < 0)
            throw new TemplateException("unterminated raw quoted string");
        string raw = text[(i + 1)..end];
        i = end + 1;
        return raw;
    }

    private static string Quoted(string text, ref int i)
    {
        var value = new StringBuilder();
        for (i++; i < text.Length && text[i] != '"'; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                _ = value.Append(text[i]);
                continue;
            }
            i++;
            _ = value.Append(text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => text[i] });
        }
        if (i++ >= text.Length)
            throw new TemplateException("unterminated quoted string");
        return value.ToString();
    }
}
