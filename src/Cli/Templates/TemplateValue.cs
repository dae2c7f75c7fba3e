using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tare.Cli.Templates;

/// <summary>
/// What templates work on: null, text, bool, long, double, lists and maps of these, and JSON values; with Go's rules for printing and truth.
/// A function as a map's value takes arguments: .Label "x".
/// </summary>
internal static class TemplateValue
{
    /// <summary>Scalars of JSON as plain values; objects and arrays stay.</summary>
    public static object? From(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        _ => element,
    };

    /// <summary>A member by name; null when there is none. Throws for what has no members.</summary>
    public static object? Field(object? value, string name)
    {
        switch (value)
        {
            case null:
                throw new TemplateException($"nil pointer evaluating interface {{}}.{name}");
            case IReadOnlyDictionary<string, object?> map:
                return map.TryGetValue(name, out object? found)
                    ? found
                    : throw new TemplateException($"can't evaluate field {name}; there are: {string.Join(", ", map.Keys)}");
            case JsonElement { ValueKind: JsonValueKind.Object } json:
                return json.TryGetProperty(name, out JsonElement member) ? From(member) : FieldWithoutCase(json, name);
            default:
                throw new TemplateException($"can't evaluate field {name} in {Print(value)}");
        }
    }

    /// <summary>Go's truth: not null, false, 0 or empty.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        JsonElement { ValueKind: JsonValueKind.Array } array => array.GetArrayLength() > 0,
        JsonElement { ValueKind: JsonValueKind.Object } json => json.EnumerateObject().Any(),
        IReadOnlyCollection<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    /// <summary>Keys and values of a list or map, maps by key; null for what has none.</summary>
    public static List<(object? Key, object? Value)>? Items(object? value) => value switch
    {
        JsonElement { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray().Select((e, i) => ((object?)(long)i, From(e)))],
        JsonElement { ValueKind: JsonValueKind.Object } json =>
            [.. json.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => ((object?)p.Name, From(p.Value)))],
        IReadOnlyDictionary<string, object?> map => [.. map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => ((object?)p.Key, p.Value))],
        IReadOnlyList<object?> list => [.. list.Select((e, i) => ((object?)(long)i, e))],
        null => [],
        _ => null,
    };

    /// <summary>As Go prints it.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        JsonElement { ValueKind: JsonValueKind.Object } or IReadOnlyDictionary<string, object?> =>
            "map[" + string.Join(' ', Items(value)!.Select(i => $"{i.Key}:{PrintNested(i.Value)}")) + "]",
        _ when Items(value) is { } items => "[" + string.Join(' ', items.Select(i => PrintNested(i.Value))) + "]",
        _ => value.ToString() ?? "",
    };

    /// <summary>As compact JSON.</summary>
    public static string Json(object? value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(writer, value);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string PrintNested(object? value) => value is null ? "<nil>" : Print(value);

    private static object? FieldWithoutCase(JsonElement json, string name)
    {
        // Members such as "mediaType" are written .MediaType.
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Name.Replace("_", "", StringComparison.Ordinal).Equals(name, StringComparison.OrdinalIgnoreCase))
                return From(property.Value);
        }
        return null;
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonElement element:
                element.WriteTo(writer);
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
