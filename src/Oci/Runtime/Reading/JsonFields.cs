using System.Text.Json;

namespace Tare.Oci.Runtime.Reading;

/// <summary>Reads one value at the reader's place.</summary>
internal delegate T? Item<T>(ref JsonFields json);

/// <summary>
/// Walks through a document whose shape is expected, and gives up at the first surprise instead of explaining it: the serializer does that, on the same
/// bytes. Lives on one stack.
/// </summary>
internal ref struct JsonFields(ReadOnlySpan<byte> document)
{
    private Utf8JsonReader _json = new(document, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip });

    public bool HasGivenUp { get; private set; }

    /// <summary>The whole document as one value, or null after a surprise.</summary>
    public T? Document<T>(Item<T> root) where T : class
    {
        try
        {
            _ = _json.Read();
            T? value = root(ref this);
            return HasGivenUp || _json.Read() ? null : value;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether an object begins here; null stands for an absent one.</summary>
    public bool BeginsObject() => Begins(JsonTokenType.StartObject);

    /// <summary>Goes to the next field of the object that has begun, and to its value.</summary>
    public bool Next(out string field)
    {
        field = "";
        if (HasGivenUp || !_json.Read() || _json.TokenType != JsonTokenType.PropertyName)
            return false;
        field = _json.GetString()!;
        return _json.Read();
    }

    public void GiveUp() => HasGivenUp = true;

    public string? Text() => Begins(JsonTokenType.String) ? _json.GetString() : null;

    /// <summary>A text that must be there.</summary>
    public string Needed()
    {
        string? text = Text();
        HasGivenUp |= text is null;
        return text ?? "";
    }

    public bool? Flag()
    {
        bool? value = _json.TokenType switch { JsonTokenType.True => true, JsonTokenType.False => false, _ => null };
        HasGivenUp |= value is null && _json.TokenType != JsonTokenType.Null;
        return value;
    }

    public long? Long()
    {
        if (!Begins(JsonTokenType.Number))
            return null;
        HasGivenUp |= !_json.TryGetInt64(out long value);
        return value;
    }

    public ulong? ULong()
    {
        if (!Begins(JsonTokenType.Number))
            return null;
        HasGivenUp |= !_json.TryGetUInt64(out ulong value);
        return value;
    }

    public int? Int() => (int?)InRange(Long(), int.MinValue, int.MaxValue);

    public uint? UInt() => (uint?)InRange(Long(), 0, uint.MaxValue);

    public ushort? UShort() => (ushort?)InRange(Long(), 0, ushort.MaxValue);

    /// <summary>A value that must be there.</summary>
    public T Given<T>(T? value) where T : struct
    {
        HasGivenUp |= value is null;
        return value.GetValueOrDefault();
    }

    public List<T>? List<T>(Item<T> item)
    {
        if (!Begins(JsonTokenType.StartArray))
            return null;
        List<T> list = [];
        while (!HasGivenUp && _json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (item(ref this) is { } value)
                list.Add(value);
            else
                HasGivenUp = true;
        }
        return list;
    }

    public List<string>? Texts() => List(static (ref JsonFields json) => json.Text());

    public Dictionary<string, string>? Map()
    {
        if (!BeginsObject())
            return null;
        Dictionary<string, string> map = [];
        while (Next(out string key))
            map[key] = Needed();
        return map;
    }

    private long? InRange(long? value, long least, long most)
    {
        HasGivenUp |= value < least || value > most;
        return HasGivenUp ? null : value;
    }

    private bool Begins(JsonTokenType expected)
    {
        if (_json.TokenType == expected)
            return !HasGivenUp;
        HasGivenUp |= _json.TokenType != JsonTokenType.Null;
        return false;
    }
}
