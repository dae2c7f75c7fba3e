using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tare.Cli.Templates;

/// <summary>
/// JSON with what is known of its type. Docker's templates work on Go structures: a member that the JSON leaves out is a zero value there,
/// and a nil list prints as [] and is null as JSON, while a member that nobody knows is an error.
/// </summary>
internal sealed record TypedJson(JsonElement Element, JsonTypeInfo? Type, bool IsNil = false)
{
    private static readonly JsonElement EmptyObject = JsonDocument.Parse("{}").RootElement;
    private static readonly JsonElement EmptyArray = JsonDocument.Parse("[]").RootElement;

    /// <summary>True for a structure: members in an order, printed without their names.</summary>
    public bool IsStructure => Element.ValueKind == JsonValueKind.Object && Type?.Kind == JsonTypeInfoKind.Object;

    /// <summary>Scalars as plain values; objects and arrays stay; what is missing becomes the type's zero value.</summary>
    public static object? Value(JsonElement element, JsonTypeInfo? type) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.Null or JsonValueKind.Undefined => Zero(type),
        _ => new TypedJson(element, type),
    };

    /// <summary>A member of an object, by its name on the wire or by Go's name for it; false when neither the JSON nor the type has it.</summary>
    public bool TryMember(string name, out object? value)
    {
        if (Element.TryGetProperty(name, out JsonElement exact))
        {
            value = Value(exact, MemberType(name));
            return true;
        }
        foreach (JsonProperty property in Element.EnumerateObject())
        {
            if (IsGoNameOf(property.Name, name))
            {
                value = Value(property.Value, MemberType(property.Name));
                return true;
            }
        }
        JsonPropertyInfo? known = IsStructure ? Type!.Properties.FirstOrDefault(p => IsGoNameOf(p.Name, name)) : null;
        value = known is null ? null : Zero(Type!.Options.GetTypeInfo(known.PropertyType));
        return known is not null;
    }

    /// <summary>The items of an array.</summary>
    public IEnumerable<object?> Items()
    {
        JsonTypeInfo? item = ItemType();
        return Element.EnumerateArray().Select(e => Value(e, item));
    }

    /// <summary>The members of an object: a structure's in their order with those that the JSON leaves out, a map's by name.</summary>
    public IEnumerable<(string Name, object? Value)> Members() => IsStructure
        ? Type!.Properties.Select(p => (p.Name, TryMember(p.Name, out object? value) ? value : null))
        : Element.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => (p.Name, Value(p.Value, ItemType())));

    /// <summary>"mediaType" and "media_type" are written .MediaType.</summary>
    private static bool IsGoNameOf(string wire, string name) =>
        wire.Replace("_", "", StringComparison.Ordinal).Equals(name, StringComparison.OrdinalIgnoreCase);

    private JsonTypeInfo? MemberType(string name)
    {
        if (!IsStructure)
            return ItemType();
        JsonPropertyInfo? property = Type!.Properties.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return property is null ? null : Type.Options.GetTypeInfo(property.PropertyType);
    }

    private JsonTypeInfo? ItemType() => Type?.ElementType is { } type ? Type.Options.GetTypeInfo(type) : null;

    private static object? Zero(JsonTypeInfo? type)
    {
        switch (type?.Kind)
        {
            case null:
                return null;
            case JsonTypeInfoKind.Enumerable:
                return new TypedJson(EmptyArray, type, IsNil: true);
            case JsonTypeInfoKind.Dictionary:
                return new TypedJson(EmptyObject, type, IsNil: true);
            case JsonTypeInfoKind.Object:
                return NilPointer.Instance;
        }
        // What has a reader of its own tells no more than its type.
        Type plain = type.Type;
        return plain == typeof(string) ? ""
            : typeof(IDictionary).IsAssignableFrom(plain) ? new TypedJson(EmptyObject, type, IsNil: true)
            : typeof(IList).IsAssignableFrom(plain) ? new TypedJson(EmptyArray, type, IsNil: true)
            : plain == typeof(bool) ? false
            : Nullable.GetUnderlyingType(plain) is null && plain.IsPrimitive ? 0L
            : NilPointer.Instance;
    }
}

/// <summary>Go's pointer to nothing: false, printed as &lt;nil&gt;, without members.</summary>
internal sealed class NilPointer
{
    public static readonly NilPointer Instance = new();

    private NilPointer()
    {
    }
}
