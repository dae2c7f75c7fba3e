using System.Text.Json;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>
/// Decides what a document is by its content: a header is the word of whoever sent it, and two readers must not see two images in one document.
/// Pure.
/// </summary>
internal static class ManifestKind
{
    /// <summary>The media type; a document that is none, several or an old schema is refused.</summary>
    public static string Of(byte[] content, string? header, string what)
    {
        DocumentRules.Check(content, what);
        using var document = JsonDocument.Parse(content);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw TareException.Invalid($"{what}: not a manifest");
        bool isManifest = root.TryGetProperty("layers", out _) || root.TryGetProperty("config", out _);
        bool isIndex = root.TryGetProperty("manifests", out _);
        if (isManifest && isIndex)
            throw TareException.Invalid($"{what}: it is a manifest and an index at once: refused");
        if (root.TryGetProperty("schemaVersion", out JsonElement version) && version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out int number) && number == 1)
            throw new TareException(ErrorKind.NotSupported, $"{what}: an image in the old schema 1 is not supported: push it again with a current tool");
        string? said = root.TryGetProperty("mediaType", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString() : header;
        if (!isManifest && !isIndex)
            throw new TareException(ErrorKind.NotSupported, $"{what}: a document of type {said} is not supported");
        if (isIndex ? MediaTypes.IsIndex(said) : MediaTypes.IsManifest(said))
            return said!;
        if (MediaTypes.IsIndex(said) || MediaTypes.IsManifest(said))
            throw TareException.Invalid($"{what}: it says that it is {said}, which it is not");
        return isIndex ? MediaTypes.OciIndex : MediaTypes.OciManifest;
    }
}
