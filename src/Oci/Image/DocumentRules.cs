using System.Text.Json;
using System.Text.Unicode;
using Tare.Errors;

namespace Tare.Oci.Image;

/// <summary>
/// Rules for documents from strangers that JSON itself does not have: no key twice in an object, not even in other letter case, since readers differ
/// in which one they take; no deep nesting; UTF-8 throughout. Pure.
/// </summary>
public static class DocumentRules
{
    private const int MaxDepth = 32;

    /// <summary>Passes, or throws InvalidArgument with what is wrong.</summary>
    public static void Check(ReadOnlySpan<byte> json, string document)
    {
        // The reader looks at the bytes of a text only when somebody asks for it, and then fails in another way.
        if (!Utf8.IsValid(json))
            throw TareException.Invalid($"invalid {document}: it is not UTF-8");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var open = new Stack<HashSet<string>?>();
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        open.Push(new HashSet<string>(StringComparer.OrdinalIgnoreCase));
                        break;
                    case JsonTokenType.StartArray:
                        open.Push(null);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        _ = open.Pop();
                        break;
                    case JsonTokenType.PropertyName when !open.Peek()!.Add(reader.GetString()!):
                        throw TareException.Invalid($"invalid {document}: the key \"{reader.GetString()}\" is given twice");
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw TareException.Invalid($"invalid {document}", e);
        }
    }
}
