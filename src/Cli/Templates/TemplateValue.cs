using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tare.Cli.Templates;

/// <summary>
/// What templates work on: null, text, bool, long, double, lists and maps of these, and JSON; with Go's rules for printing and truth.
/// A function as a map's value takes arguments: .Label "x".
/// </summary>
internal static class TemplateValue
{
    /// <summary>A member by name. Throws for what has no members, and for a name that is not among them.</summary>
    public static object? Field(object? value, string name)
    {
        switch (value)
        {
            case null or NilPointer:
                throw new TemplateException($"nil pointer evaluating interface {{}}.{name}");
            case IReadOnlyDictionary<string, object?> map:
                return map.TryGetValue(name, out object? found)
                    ? found
                    : throw new TemplateException($"can't evaluate field {name}; there are: {string.Join(", ", map.Keys)}");
            case TypedJson { Element.ValueKind: JsonValueKind.Object } json:
                return json.TryMember(name, out object? member) ? member : throw new TemplateException($"map has no entry for key \"{name}\"");
            default:
                throw new TemplateException($"can't evaluate field {name} in type interface {{}}");
        }
    }

    /// <summary>Go's truth: not null, false, 0 or empty.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or NilPointer => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        TypedJson { Element.ValueKind: JsonValueKind.Array } array => array.Element.GetArrayLength() > 0,
        TypedJson json => json.IsStructure || json.Element.EnumerateObject().Any(),
        IReadOnlyCollection<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    /// <summary>Keys and values of a list or map, maps by key; null for what has none.</summary>
    public static List<(object? Key, object? Value)>? Items(object? value) => value switch
    {
        TypedJson { Element.ValueKind: JsonValueKind.Array } array => [.. array.Items().Select((item, i) => ((object?)(long)i, item))],
        TypedJson json => [.. json.Members().Select(m => ((object?)m.Name, m.Value))],
        IReadOnlyDictionary<string, object?> map => [.. map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => ((object?)p.Key, p.Value))],
        IReadOnlyList<object?> list => [.. list.Select((e, i) => ((object?)(long)i, e))],
        null => [],
        _ => null,
    };

    /// <summary>As Go prints it.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        NilPointer => "<nil>",
        string text => text,
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        TypedJson { IsStructure: true } structure => "{" + string.Join(' ', structure.Members().Select(m => PrintNested(m.Value))) + "}",
        TypedJson { Element.ValueKind: JsonValueKind.Object } or IReadOnlyDictionary<string, object?> =>
            "map[" + string.Join(' ', Items(value)!.Select(i => $"{i.Key}:{PrintNested(i.Value)}")) + "]",
        _ when Items(value) is { } items => "[" + string.Join(' ', items.Select(i => PrintNested(i.Value))) + "]",
        _ => value.ToString() ?? "",
    };

    /// <summary>A text as Go quotes it.</summary>
    public static string Quote(string text) => "\"" + text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal) + "\"";

    /// <summary>As compact JSON.</summary>
    public static string Json(object? value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(writer, value);
        string json = Encoding.UTF8.GetString(buffer.ToArray());
        // Rows of lists go through Go's marshaller, which keeps these out of web pages; single values do not.
        return value is IReadOnlyDictionary<string, object?>
            ? json.Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal).Replace("&", "\\u0026", StringComparison.Ordinal)
            : json;
    }

    private static string PrintNested(object? value) => value is null ? "<nil>" : Print(value);

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null or NilPointer or TypedJson { IsNil: true }:
                writer.WriteNullValue();
                break;
            case TypedJson json:
                json.Element.WriteTo(writer);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case IReadOnlyDictionary<string, object?> map:
                writer.WriteStartObject();
                foreach ((string key, object? item) in map.Where(p => p.Value is not Delegate).OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(key);
                    Write(writer, item);
                }
                writer.WriteEndObject();
                break;
            default:
                writer.WriteStartArray();
                foreach ((_, object? item) in Items(value) ?? [])
                    Write(writer, item);
                writer.WriteEndArray();
                break;
        }
    }
}
