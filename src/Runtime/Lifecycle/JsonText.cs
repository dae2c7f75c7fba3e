using System.Globalization;
using System.Text;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// Writes a small JSON document, indented for a person or a hook to read, or on one line. Utf8JsonWriter would do, but its first use fills tables of what to escape in all of Unicode,
/// which takes as long as making the container's files. Used by one thread.
/// </summary>
internal sealed class JsonText(bool indented = true)
{
    private readonly StringBuilder _text = new(512);
    private int _depth;
    private bool _hasBefore;

    /// <summary>The finished document.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    /// <summary>Begins an object or array, as a field when it has a name.</summary>
    public JsonText Begin(char bracket, string? name = null)
    {
        Place(name);
        _ = _text.Append(bracket);
        _depth++;
        _hasBefore = false;
        return this;
    }

    public JsonText End(char bracket)
    {
        _depth--;
        if (_hasBefore)
            NewLine();
        _ = _text.Append(bracket);
        _hasBefore = true;
        return this;
    }

    /// <summary>A text; null leaves the field out.</summary>
    public JsonText Text(string? name, string? value)
    {
        if (value is null)
            return this;
        Place(name);
        Quote(value);
        return this;
    }

    public JsonText Number(string name, ulong value)
    {
        Place(name);
        _ = _text.Append(value);
        return this;
    }

    public JsonText Flag(string name, bool value)
    {
        Place(name);
        _ = _text.Append(value ? "true" : "false");
        return this;
    }

    /// <summary>RFC 3339 in UTC.</summary>
    public JsonText Time(string name, DateTime value) =>
        Text(name, value.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));

    /// <summary>An object of texts; null leaves it out.</summary>
    public JsonText Map(string name, IDictionary<string, string>? values)
    {
        if (values is null)
            return this;
        _ = Begin('{', name);
        foreach ((string key, string value) in values)
            _ = Text(key, value);
        return End('}');
    }

    private void Place(string? name)
    {
        if (_hasBefore)
            _ = _text.Append(',');
        if (_depth > 0)
            NewLine();
        _hasBefore = true;
        if (name is null)
            return;
        Quote(name);
        _ = _text.Append(indented ? ": " : ":");
    }

    private void NewLine() => _ = indented ? _text.Append('\n').Append(' ', _depth * 2) : _text;

    /// <summary>Half a surrogate pair, which UTF-8 cannot say, becomes U+FFFD when the document is encoded.</summary>
    private void Quote(string value)
    {
        _ = _text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
                _ = _text.Append('\\').Append(c);
            else if (c < ' ')
                _ = _text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                _ = _text.Append(c);
        }
        _ = _text.Append('"');
    }
}
