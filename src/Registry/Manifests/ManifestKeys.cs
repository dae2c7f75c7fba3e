using System.Text.Json;
using Tare.Registry.Protocol;

namespace Tare.Registry.Manifests;

/// <summary>
/// Refuses documents in which a key occurs twice, also when one is written with escapes or in other case: readers differ in which value they take, and a
/// signature over the bytes would cover both.
/// </summary>
internal static class ManifestKeys
{
    public static void RequireDistinct(ReadOnlySpan<byte> json, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        var open = new Stack<HashSet<string>>();
        string name = "";
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    // Annotations and the like are people's own names; there only equal ones are the same.
                    bool known = open.Count == 0 || (open.Count == 1 && name is ("config" or "layers" or "manifests" or "subject"));
                    open.Push(new HashSet<string>(known ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    _ = open.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    string key = reader.GetString()!;
                    if (open.Count == 1)
                        name = key;
                    if (!open.Peek().Add(key))
                        throw RegistryException.ManifestInvalid($"the key {(key.Length > 100 ? key[..100] : key)} occurs twice in one object");
                    break;
            }
        }
    }
}
