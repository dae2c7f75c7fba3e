using System.Text.Json;

namespace Tare.EngineApi.Filters;

/// <summary>The "filters" of a query: several values for a key mean "any of them", several keys "all of them".</summary>
public sealed class FilterSet
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    /// <summary>No filter at all.</summary>
    public bool IsEmpty => _values.Count == 0;

    /// <summary>The keys that have values.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>The values of a key, empty when there are none.</summary>
    public IReadOnlyList<string> this[string key] => _values.TryGetValue(key, out List<string>? found) ? found : [];

    /// <summary>True when the key has values.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>Adds a value to a key, once.</summary>
    public void Add(string key, string value)
    {
        if (!_values.TryGetValue(key, out List<string>? list))
            _values[key] = list = [];
        if (!list.Contains(value))
            list.Add(value);
    }

    /// <summary>True when the key is absent or has exactly this value.</summary>
    public bool Matches(string key, string value) => !_values.TryGetValue(key, out List<string>? list) || list.Contains(value);

    /// <summary>True when every label=name[=value] (or the given key's) is among the labels.</summary>
    public bool MatchesLabels(string key, IReadOnlyDictionary<string, string>? labels)
    {
        foreach (string wanted in this[key])
        {
            int equals = wanted.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? wanted : wanted[..equals];
            if (labels is null || !labels.TryGetValue(name, out string? value) || (equals >= 0 && value != wanted[(equals + 1)..]))
                return false;
        }
        return true;
    }

    /// <summary>The first key that is not among the allowed ones, or null.</summary>
    public string? FirstUnknownKey(IEnumerable<string> allowed)
    {
        HashSet<string> known = new(allowed, StringComparer.Ordinal);
        return _values.Keys.FirstOrDefault(key => !known.Contains(key));
    }

    /// <summary>Reads {"key":["a","b"]} and the older {"key":{"a":true}}; null and "" are the empty set. False when it is neither.</summary>
    public static bool TryParse(string? json, out FilterSet filters)
    {
        filters = new FilterSet();
        if (string.IsNullOrWhiteSpace(json))
            return true;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return document.RootElement.ValueKind == JsonValueKind.Null;
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!TryAdd(filters, property))
                    return false;
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The form clients send since API 1.22: {"key":["a"]}.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach ((string key, List<string> values) in _values)
            {
                writer.WriteStartArray(key);
                foreach (string value in values)
                    writer.WriteStringValue(value);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static bool TryAdd(FilterSet filters, JsonProperty property)
    {
        switch (property.Value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (JsonElement value in property.Value.EnumerateArray())
                {
                    if (value.ValueKind != JsonValueKind.String)
                        return false;
                    filters.Add(property.Name, value.GetString()!);
                }
                return true;
            case JsonValueKind.Object:
                foreach (JsonProperty value in property.Value.EnumerateObject())
                {
                    if (value.Value.ValueKind == JsonValueKind.True)
                        filters.Add(property.Name, value.Name);
                }
                return true;
            default:
                return property.Value.ValueKind == JsonValueKind.Null;
        }
    }
}
