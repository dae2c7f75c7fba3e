using System.Text.Json;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Registry.Protocol;

namespace Tare.Registry.Manifests;

/// <summary>Reads descriptors out of a manifest, with the place of what is wrong in the message.</summary>
internal static class ManifestDescriptor
{
    public static Descriptor Read(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw RegistryException.ManifestInvalid($"{place} is not a descriptor");
        string mediaType = element.TryGetProperty("mediaType", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";
        if (mediaType.Length == 0)
            throw RegistryException.ManifestInvalid($"{place} has no mediaType");
        if (!element.TryGetProperty("digest", out JsonElement text) || text.ValueKind != JsonValueKind.String || !Digest.TryParse(text.GetString(), out Digest? digest))
            throw RegistryException.ManifestInvalid($"{place} has no valid digest");
        if (!element.TryGetProperty("size", out JsonElement number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out long size) || size < 0)
            throw RegistryException.ManifestInvalid($"{place} has no valid size");
        return new Descriptor { MediaType = mediaType, Digest = digest, Size = size, Urls = Urls(element), Platform = PlatformOf(element) };
    }

    /// <summary>The annotations of a document or descriptor, or null.</summary>
    public static Dictionary<string, string>? Annotations(JsonElement element)
    {
        if (!element.TryGetProperty("annotations", out JsonElement found) || found.ValueKind == JsonValueKind.Null)
            return null;
        if (found.ValueKind != JsonValueKind.Object || found.EnumerateObject().Any(a => a.Value.ValueKind != JsonValueKind.String))
            throw RegistryException.ManifestInvalid("annotations are not texts by name");
        return found.EnumerateObject().ToDictionary(a => a.Name, a => a.Value.GetString()!);
    }

    private static string[]? Urls(JsonElement element) => element.TryGetProperty("urls", out JsonElement urls) && urls.ValueKind == JsonValueKind.Array
        ? [.. urls.EnumerateArray().Where(url => url.ValueKind == JsonValueKind.String).Select(url => url.GetString()!)] : null;

    private static Platform? PlatformOf(JsonElement element)
    {
        if (!element.TryGetProperty("platform", out JsonElement platform) || platform.ValueKind != JsonValueKind.Object)
            return null;
        return new Platform { Os = Text(platform, "os"), Architecture = Text(platform, "architecture"), Variant = Text(platform, "variant") };
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement found) && found.ValueKind == JsonValueKind.String ? found.GetString()! : "";
}
