using System.Globalization;
using System.Text;
using Tare.Errors;

namespace Tare.Distribution.Hosts;

/// <summary>
/// Reads the part of TOML that hosts.toml files use: tables, dotted and quoted keys, strings, booleans, whole numbers, arrays, comments. Anything
/// else is InvalidArgument with its line. Not thread-safe.
/// </summary>
internal sealed class TomlReader
{
    private readonly string _text;
    private int _at;

    private TomlReader(string text) => _text = text;

    /// <summary>Tables as ordered dictionaries, arrays as lists, else string, bool or long.</summary>
    public static OrderedDictionary<string, object> Parse(string text)
    {
        var reader = new TomlReader(text);
        var root = new OrderedDictionary<string, object>();
        OrderedDictionary<string, object> table = root;
        for (reader.SkipBlank(); reader._at < text.Length; reader.SkipBlank())
        {
            if (reader.Peek == '[')
            {
                reader._at++;
                table = reader.Descend(root, reader.Key());
                reader.Expect(']');
            }
            else
            {
                List<string> key = reader.Key();
                reader.Expect('=');
                OrderedDictionary<string, object> target = reader.Descend(table, key[..^1]);
                if (!target.TryAdd(key[^1], reader.Value()))
                    throw reader.Wrong($"the key {key[^1]} is given twice");
            }
            reader.EndOfLine();
        }
        return root;
    }

    private char Peek => _at < _text.Length ? _text[_at] : '\0';

    private OrderedDictionary<string, object> Descend(OrderedDictionary<string, object> table, List<string> path)
    {
        foreach (string name in path)
        {
            if (!table.TryGetValue(name, out object? found))
                table[name] = found = new OrderedDictionary<string, object>();
            table = found as OrderedDictionary<string, object> ?? throw Wrong($"{name} is no table");
        }
        return table;
    }

    private List<string> Key()
    {
        var path = new List<string>();
        do
        {
            SkipSpaces();
            if (Peek is '"' or '\'')
            {
                path.Add(Text());
            }
            else
            {
                int start = _at;
                while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '-')
                    _at++;
                path.Add(_at > start ? _text[start.._at] : throw Wrong("a key is expected"));
            }
            SkipSpaces();
        }
        while (Peek == '.' && _at++ >= 0);
        return path;
    }

    private object Value()
    {
        SkipSpaces();
        if (Peek is '"' or '\'')
            return Text();
        if (Peek == '[')
            return Array();
        int start = _at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '-' or '+')
            _at++;
        string word = _text[start.._at];
        return word switch
        {
            "true" => true,
            "false" => false,
            _ => long.TryParse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
                ? number : throw Wrong("a string, true, false, a whole number or an array is expected"),
        };
    }

    private List<object> Array()
    {
        var items = new List<object>();
        for (_at++; ;)
        {
            SkipBlank();
            if (Peek == ']')
            {
                _at++;
                return items;
            }
            items.Add(Value());
            SkipBlank();
            if (Peek == ',')
                _at++;
            else if (Peek != ']')
                throw Wrong("\",\" or \"]\" is expected");
        }
    }

    private string Text()
    {
        char quote = _text[_at++];
        var value = new StringBuilder();
        for (; Peek != quote; _at++)
        {
            if (Peek is '\0' or '\n')
                throw Wrong("a string does not end on its line");
            if (Peek != '\\' || quote == '\'')
            {
                _ = value.Append(Peek);
                continue;
            }
            _at++;
            _ = value.Append(Peek switch { 'n' => '\n', 't' => '\t', '"' => '"', '\\' => '\\', _ => throw Wrong($"the escape \\{Peek} is not known") });
        }
        _at++;
        return value.ToString();
    }

    private void Expect(char c)
    {
        SkipSpaces();
        if (Peek != c)
            throw Wrong($"\"{c}\" is expected");
        _at++;
    }

    private void EndOfLine()
    {
        SkipSpaces();
        if (Peek is not ('\0' or '\n' or '\r' or '#'))
            throw Wrong("the end of the line is expected");
    }

    private void SkipSpaces()
    {
        while (Peek is ' ' or '\t')
            _at++;
    }

    private void SkipBlank()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(Peek) || Peek == '#'))
        {
            if (Peek != '#')
                _at++;
            else
                _at = _text.IndexOf('\n', _at) is var end and >= 0 ? end : _text.Length;
        }
    }

    private TareException Wrong(string what) => TareException.Invalid($"line {_text.AsSpan(0, Math.Min(_at, _text.Length)).Count('\n') + 1}: {what}");
}
