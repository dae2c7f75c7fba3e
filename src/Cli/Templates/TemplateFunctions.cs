using System.Text.Json;

namespace Tare.Cli.Templates;

/// <summary>The functions of templates: Go's own and those Docker adds.</summary>
internal static class TemplateFunctions
{
    /// <summary>What a template may call.</summary>
    public static readonly HashSet<string> Names =
    [
        "json", "print", "println", "printf", "len", "index", "slice", "join", "split", "upper", "lower", "title", "truncate", "pad",
        "eq", "ne", "lt", "le", "gt", "ge", "not", "and", "or",
    ];

    public static object? Call(string name, List<object?> arguments) => name switch
    {
        "json" => TemplateValue.Json(One(name, arguments)),
        "print" => string.Concat(arguments.Select(TemplateValue.Print)),
        "println" => string.Join(' ', arguments.Select(TemplateValue.Print)) + "\n",
        "printf" => TemplatePrintf.Format(Text(name, arguments, 0), arguments.Skip(1)),
        "len" => Length(One(name, arguments)),
        "index" => Index(arguments),
        "slice" => Slice(arguments),
        "join" => string.Join(Text(name, arguments, 1), (TemplateValue.Items(arguments[0]) ?? throw Bad(name)).Select(i => TemplateValue.Print(i.Value))),
        "split" => Text(name, arguments, 0).Split(Text(name, arguments, 1)).ToList<object?>(),
        "upper" => Text(name, arguments, 0).ToUpperInvariant(),
        "lower" => Text(name, arguments, 0).ToLowerInvariant(),
        "title" => Title(Text(name, arguments, 0)),
        "truncate" => Truncate(Text(name, arguments, 0), arguments.ElementAtOrDefault(1)),
        "pad" => new string(' ', Count(arguments, 1)) + Text(name, arguments, 0) + new string(' ', Count(arguments, 2)),
        "eq" => arguments.Count > 1 && arguments.Skip(1).Any(other => Same(arguments[0], other)),
        "ne" => arguments.Count == 2 && !Same(arguments[0], arguments[1]),
        "lt" => Compare(name, arguments) < 0,
        "le" => Compare(name, arguments) <= 0,
        "gt" => Compare(name, arguments) > 0,
        "ge" => Compare(name, arguments) >= 0,
        "not" => !TemplateValue.IsTrue(One(name, arguments)),
        "and" => arguments.Find(a => !TemplateValue.IsTrue(a)) is var no && arguments.TrueForAll(TemplateValue.IsTrue) ? arguments[^1] : no,
        "or" => arguments.Find(TemplateValue.IsTrue) ?? arguments[^1],
        _ => throw new TemplateException($"function \"{name}\" not defined"),
    };

    private static object? One(string name, List<object?> arguments) =>
        arguments.Count == 1 ? arguments[0] : throw new TemplateException($"wrong number of args for {name}: want 1 got {arguments.Count}");

    private static string Text(string name, List<object?> arguments, int i) =>
        i < arguments.Count ? TemplateValue.Print(arguments[i]) : throw new TemplateException($"wrong number of args for {name}: want {i + 1} got {arguments.Count}");

    private static TemplateException Bad(string name) => new($"wrong type of value for {name}");

    private static long Length(object? value) => value is string text ? text.Length : TemplateValue.Items(value)?.Count ?? throw Bad("len");

    private static int Count(List<object?> arguments, int i) => i < arguments.Count && arguments[i] is long n and >= 0 and < 10_000 ? (int)n : 0;

    private static object? Index(List<object?> arguments)
    {
        object? value = arguments.Count > 0 ? arguments[0] : throw Bad("index");
        foreach (object? key in arguments.Skip(1))
        {
            if (key is long at && value is not TypedJson { Element.ValueKind: JsonValueKind.Object })
            {
                List<(object? Key, object? Value)> items = TemplateValue.Items(value) ?? throw Bad("index");
                value = at >= 0 && at < items.Count ? items[(int)at].Value : throw new TemplateException($"error calling index: index out of range: {at}");
                continue;
            }
            string name = TemplateValue.Print(key);
            value = value switch
            {
                null => null,
                TypedJson { Element.ValueKind: JsonValueKind.Object } json => json.TryMember(name, out object? member) ? member : "",
                IReadOnlyDictionary<string, object?> map => map.GetValueOrDefault(name),
                _ => throw new TemplateException($"error calling index: can't index item of {TemplateValue.Print(value)}"),
            };
        }
        return value;
    }

    /// <summary>slice TEXT|LIST [FROM [TO]].</summary>
    private static object Slice(List<object?> arguments)
    {
        if (arguments.Count is < 1 or > 3)
            throw new TemplateException($"wrong number of args for slice: want at most 3 got {arguments.Count}");
        long length = Length(arguments[0]);
        long Bound(int i, long otherwise) => i >= arguments.Count ? otherwise
            : arguments[i] is not long at ? throw new TemplateException("error calling slice: cannot index slice/array with type string")
            : at >= 0 && at <= length ? at
            : throw new TemplateException($"error calling slice: index out of range: {at}");
        (int from, int to) = ((int)Bound(1, 0), (int)Bound(2, length));
        if (from > to)
            throw new TemplateException($"error calling slice: invalid slice index: {from} > {to}");
        return arguments[0] is string text ? text[from..to] : TemplateValue.Items(arguments[0])![from..to].ConvertAll(i => i.Value);
    }

    private static bool Same(object? one, object? other) => (one, other) switch
    {
        (long a, double b) => a == b,
        (double a, long b) => a == b,
        _ => Equals(one, other),
    };

    private static int Compare(string name, List<object?> arguments) => (arguments.ElementAtOrDefault(0), arguments.ElementAtOrDefault(1)) switch
    {
        (long a, long b) => a.CompareTo(b),
        (double a, double b) => a.CompareTo(b),
        (long a, double b) => ((double)a).CompareTo(b),
        (double a, long b) => a.CompareTo(b),
        (string a, string b) => string.CompareOrdinal(a, b),
        _ => throw new TemplateException($"error calling {name}: incompatible types for comparison"),
    };

    private static string Title(string text)
    {
        char[] letters = text.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
        {
            if (i == 0 || char.IsWhiteSpace(letters[i - 1]))
                letters[i] = char.ToUpperInvariant(letters[i]);
        }
        return new string(letters);
    }

    private static string Truncate(string text, object? length) => length is long n && n >= 0 && text.Length > n ? text[..(int)n] : text;
}
