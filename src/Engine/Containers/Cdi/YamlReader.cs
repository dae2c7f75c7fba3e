using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Tare.Errors;

namespace Tare.Engine.Containers.Cdi;

/// <summary>
/// Reads the part of YAML that device vendors write: block maps and lists by indentation, flow lists and maps on one line, plain and quoted scalars,
/// comments, one document. Anchors, tags and block scalars are refused. Pure.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 32;
    private readonly List<(int Indent, string Text, int Line)> _lines = [];
    private int _at;

    private YamlReader(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = WithoutComment(lines[i].TrimEnd('\r', ' '));
            if (line.Trim().Length == 0 || line is "---" or "...")
                continue;
            int indent = line.Length - line.TrimStart(' ').Length;
            if (line[indent] == '\t')
                throw Refusal(i + 1, "a tab where blanks indent");
            _lines.Add((indent, line[indent..], i + 1));
        }
    }

    /// <summary>The document as JSON; InvalidArgument names the line that is not understood.</summary>
    internal static JsonNode? Read(string text)
    {
        YamlReader reader = new(text);
        if (reader._lines.Count == 0)
            return null;
        JsonNode? node = reader.Block(reader._lines[0].Indent, 0);
        return reader._at == reader._lines.Count ? node : throw Refusal(reader._lines[reader._at].Line, "an unexpected indentation");
    }

    private JsonNode? Block(int indent, int depth)
    {
        if (depth > MaxDepth)
            throw Refusal(_lines[_at].Line, "too deep a nesting");
        string first = _lines[_at].Text;
        return first == "-" || first.StartsWith("- ", StringComparison.Ordinal) ? List(indent, depth) : Map(indent, depth);
    }

    private JsonArray List(int indent, int depth)
    {
        JsonArray list = [];
        while (_at < _lines.Count && _lines[_at].Indent == indent && (_lines[_at].Text == "-" || _lines[_at].Text.StartsWith("- ", StringComparison.Ordinal)))
        {
            (_, string text, int line) = _lines[_at];
            string rest = text[1..].TrimStart(' ');
            if (rest.Length == 0)
            {
                _at++;
                list.Add(Nested(indent, depth));
                continue;
            }
            if (KeyEnd(rest) < 0 && !rest.StartsWith("- ", StringComparison.Ordinal))
            {
                _at++;
                list.Add(Scalar(rest, line));
                continue;
            }
            // A map or list that begins behind the dash: its first line is as if it stood below.
            int inner = indent + (text.Length - rest.Length);
            _lines[_at] = (inner, rest, line);
            list.Add(Block(inner, depth + 1));
        }
        return list;
    }

    private JsonObject Map(int indent, int depth)
    {
        JsonObject map = [];
        while (_at < _lines.Count && _lines[_at].Indent == indent && !_lines[_at].Text.StartsWith("- ", StringComparison.Ordinal))
        {
            (_, string text, int line) = _lines[_at];
            int end = KeyEnd(text);
            if (end < 0)
                throw Refusal(line, "neither \"key: value\" nor \"- item\"");
            string key = Scalar(text[..end], line)?.ToString() ?? "";
            string rest = text[(end + 1)..].Trim();
            _at++;
            if (map.ContainsKey(key))
                throw Refusal(line, $"a second \"{key}\"");
            map[key] = rest.Length > 0 ? Scalar(rest, line) : Below(indent, depth);
        }
        return map;
    }

    /// <summary>The value of a key without one on its line: what is indented below, or a list at the same indentation.</summary>
    private JsonNode? Below(int indent, int depth)
    {
        bool isList = _at < _lines.Count && _lines[_at].Indent == indent && (_lines[_at].Text == "-" || _lines[_at].Text.StartsWith("- ", StringComparison.Ordinal));
        return isList ? List(indent, depth + 1) : Nested(indent, depth);
    }

    private JsonNode? Nested(int indent, int depth) =>
        _at < _lines.Count && _lines[_at].Indent > indent ? Block(_lines[_at].Indent, depth + 1) : null;

    private static JsonNode? Scalar(string text, int line)
    {
        if (text[0] is '[' or '{')
        {
            int at = 0;
            JsonNode? flow = Flow(text, ref at, line, 0);
            return text[at..].Trim().Length == 0 ? flow : throw Refusal(line, "something behind a closing bracket");
        }
        if (text[0] is '&' or '*' or '!' or '|' or '>' or '%' or '@' or '`')
            throw Refusal(line, $"\"{text[0]}\" is more of YAML than is read here");
        return text[0] is '"' or '\'' ? Quoted(text, line) : Plain(text.Trim());
    }

    private static JsonNode? Plain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" or "True" => JsonValue.Create(true),
        "false" or "False" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && (text == "0" || text[0] != '0') => JsonValue.Create(number),
        // 0666 and 0o666 are octal.
        _ when text.Length > 1 && text[0] == '0' && text[1..].TrimStart('o').All(c => c is >= '0' and <= '7') => JsonValue.Create(Convert.ToInt64(text[1..].TrimStart('o'), 8)),
        _ => JsonValue.Create(text),
    };

    private static JsonValue Quoted(string text, int line)
    {
        char quote = text[0];
        if (text.Length < 2 || text[^1] != quote)
            throw Refusal(line, "a text without its closing quote");
        string inner = text[1..^1];
        return JsonValue.Create(quote == '\'' ? inner.Replace("''", "'", StringComparison.Ordinal) : Unescape(inner, line));
    }

    private static string Unescape(string text, int line)
    {
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                _ = plain.Append(text[i]);
                continue;
            }
            _ = plain.Append(++i < text.Length ? text[i] switch
            {
                'n' => '\n',
                't' => '\t',
                '"' or '\\' or '/' => text[i],
                _ => throw Refusal(line, $"the escape \\{text[i]}"),
            } : throw Refusal(line, "a backslash at the end"));
        }
        return plain.ToString();
    }

    private static JsonNode? Flow(string text, ref int at, int line, int depth)
    {
        if (depth > MaxDepth)
            throw Refusal(line, "too deep a nesting");
        while (at < text.Length && text[at] == ' ')
            at++;
        if (at >= text.Length)
            throw Refusal(line, "a bracket that is not closed");
        if (text[at] is not ('[' or '{'))
        {
            int start = at;
            char quote = text[at] is '"' or '\'' ? text[at] : '\0';
            if (quote != '\0')
                at++;
            while (at < text.Length && (quote != '\0' ? text[at] != quote : text[at] is not (',' or ']' or '}' or ':')))
                at++;
            if (quote != '\0')
                at++;
            return at > text.Length ? throw Refusal(line, "a text without its closing quote") : text[start..at].Trim() is { Length: > 0 } word ? Scalar(word, line) : null;
        }
        bool isMap = text[at++] == '{';
        (JsonArray list, JsonObject map) = ([], []);
        while (true)
        {
            while (at < text.Length && text[at] is ' ' or ',')
                at++;
            if (at >= text.Length)
                throw Refusal(line, "a bracket that is not closed");
            if (text[at] is ']' or '}')
                return (text[at++] == '}') == isMap ? isMap ? map : list : throw Refusal(line, "brackets that do not match");
            JsonNode? item = Flow(text, ref at, line, depth + 1);
            if (!isMap)
            {
                list.Add(item);
                continue;
            }
            if (at >= text.Length || text[at++] != ':')
                throw Refusal(line, "a key without a value");
            map[item?.ToString() ?? ""] = Flow(text, ref at, line, depth + 1);
        }
    }

    /// <summary>Where the colon after a key is; -1 when there is none.</summary>
    private static int KeyEnd(string text)
    {
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            if (quote != '\0')
                quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '\'' && i == 0)
                quote = text[i];
            else if (text[i] is '[' or '{' && i == 0)
                return -1;
            else if (text[i] == ':' && (i + 1 == text.Length || text[i + 1] == ' '))
                return i;
        }
        return -1;
    }

    private static string WithoutComment(string line)
    {
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            if (quote != '\0')
                quote = line[i] == quote ? '\0' : quote;
            else if (line[i] is '"' or '\'' && (i == 0 || line[i - 1] is ' ' or '[' or '{' or ',' or ':'))
                quote = line[i];
            else if (line[i] == '#' && (i == 0 || line[i - 1] == ' '))
                return line[..i].TrimEnd();
        }
        return line;
    }

    private static TareException Refusal(int line, string what) => TareException.Invalid($"line {line}: {what}");
}
