using System.Text.Json;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Manifests;

/// <summary>
/// A manifest that somebody pushed, read with suspicion: its kind, and what it refers to. What is ambiguous or absurd is MANIFEST_INVALID, so that no two
/// clients see different images in one document.
/// </summary>
internal sealed class ManifestDocument
{
    private const int MaxDepth = 32;

    private ManifestDocument(string mediaType, ManifestRecord record, IReadOnlyList<Descriptor> blobs, IReadOnlyList<Descriptor> manifests)
    {
        MediaType = mediaType;
        Record = record;
        Blobs = blobs;
        Manifests = manifests;
    }

    public string MediaType { get; }

    /// <summary>What is stored of it.</summary>
    public ManifestRecord Record { get; }

    /// <summary>The blobs that the repository must have: the config and the layers but for those that are kept elsewhere.</summary>
    public IReadOnlyList<Descriptor> Blobs { get; }

    /// <summary>The manifests that the repository must have.</summary>
    public IReadOnlyList<Descriptor> Manifests { get; }

    /// <summary>Reads a document; <paramref name="contentType"/> is what the client called it, or null.</summary>
    public static ManifestDocument Read(ReadOnlySpan<byte> bytes, string? contentType)
    {
        JsonElement root = Parse(bytes);
        string mediaType = Kind(root, contentType);
        if (!root.TryGetProperty("schemaVersion", out JsonElement version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != 2)
            throw RegistryException.ManifestInvalid("schemaVersion 2 is expected");
        bool isIndex = MediaTypes.IsIndex(mediaType);
        foreach (string foreign in isIndex ? (string[])["config", "layers", "fsLayers"] : ["manifests", "fsLayers"])
        {
            if (root.TryGetProperty(foreign, out _))
                throw RegistryException.ManifestInvalid($"a document of type {mediaType} cannot have {foreign}");
        }
        List<Descriptor> blobs = isIndex ? [] : [Required(root, "config"), .. List(root, "layers").Where(layer => !IsElsewhere(layer))];
        List<Descriptor> manifests = isIndex ? List(root, "manifests") : [];
        string? artifactType = Text(root, "artifactType");
        var record = new ManifestRecord
        {
            MediaType = mediaType,
            Size = bytes.Length,
            Pushed = DateTimeOffset.UtcNow,
            Subject = root.TryGetProperty("subject", out JsonElement subject) && subject.ValueKind != JsonValueKind.Null ? ManifestDescriptor.Read(subject, "subject").Digest : null,
            // The specification's rule for referrers: an image manifest without a type of its own has its config's.
            ArtifactType = !string.IsNullOrEmpty(artifactType) ? artifactType : isIndex ? null : blobs[0].MediaType,
            Annotations = ManifestDescriptor.Annotations(root),
            Blobs = [.. blobs.Select(b => b.Digest).Distinct()],
            Manifests = [.. manifests.Select(m => m.Digest).Distinct()],
        };
        return new ManifestDocument(mediaType, record, blobs, manifests);
    }

    private static JsonElement Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            ManifestKeys.RequireDistinct(bytes, MaxDepth);
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw RegistryException.ManifestInvalid("a JSON object is expected");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw RegistryException.ManifestInvalid($"not a JSON document: {error.Message}");
        }
    }

    /// <summary>The client's word and the document's must agree; one that says nothing is known by what it has.</summary>
    private static string Kind(JsonElement root, string? contentType)
    {
        string? own = Text(root, "mediaType");
        if (contentType is "application/json" or "application/octet-stream" or "text/plain" or "application/x-www-form-urlencoded")
            contentType = null;
        if (own is not null && contentType is not null && own != contentType)
            throw RegistryException.ManifestInvalid($"the Content-Type is {contentType}, but the document's mediaType is {own}");
        string kind = own ?? contentType ?? (root.TryGetProperty("manifests", out _) ? MediaTypes.OciIndex : MediaTypes.OciManifest);
        return MediaTypes.IsManifest(kind) || MediaTypes.IsIndex(kind)
            ? kind
            : throw RegistryException.ManifestInvalid(
                $"unsupported manifest type {(kind.Length > 200 ? kind[..200] : kind)}: an OCI image manifest or index, or Docker's schema 2 or manifest list is expected");
    }

    /// <summary>Layers that may not be distributed stay where their URLs point; registries need not have them.</summary>
    private static bool IsElsewhere(Descriptor layer) =>
        layer.MediaType.Contains(".nondistributable.", StringComparison.Ordinal) || layer.MediaType.Contains(".foreign.", StringComparison.Ordinal) || layer.Urls is { Length: > 0 };

    private static Descriptor Required(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement found)
        ? ManifestDescriptor.Read(found, name)
        : throw RegistryException.ManifestInvalid($"{name} is missing");

    private static List<Descriptor> List(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement array))
            throw RegistryException.ManifestInvalid($"{name} is missing");
        return array.ValueKind switch
        {
            JsonValueKind.Null => [],
            JsonValueKind.Array => [.. array.EnumerateArray().Select((item, i) => ManifestDescriptor.Read(item, $"{name}[{i}]"))],
            _ => throw RegistryException.ManifestInvalid($"{name} is not a list"),
        };
    }

    private static string? Text(JsonElement root, string name) => !root.TryGetProperty(name, out JsonElement found) || found.ValueKind == JsonValueKind.Null ? null
        : found.ValueKind == JsonValueKind.String ? found.GetString() : throw RegistryException.ManifestInvalid($"{name} is not a text");
}
