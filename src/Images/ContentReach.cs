using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images;

/// <summary>Which blobs of the store a document leads to: an index to its manifests, a manifest to its config and layers. Reads documents; stateless.</summary>
internal static class ContentReach
{
    private const int MaxDepth = 5;

    /// <summary>Adds a document and all that it leads to and that is here; what can not be read leads nowhere.</summary>
    public static void Add(ContentStore content, Digest digest, HashSet<Digest> reached, int depth = 0)
    {
        if (depth > MaxDepth || content.SizeOf(digest) is not { } size || !reached.Add(digest) || size > Distribution.Repositories.ManifestGet.MaxBytes)
            return;
        try
        {
            byte[] json = content.ReadAll(digest);
            if (IsIndex(json))
            {
                foreach (Descriptor child in ImageDocuments.ParseIndex(json).Manifests)
                    Add(content, child.Digest, reached, depth + 1);
                return;
            }
            ImageManifest manifest = ImageJson.Parse(json, ImageJson.Default.ImageManifest, "manifest");
            reached.UnionWith(manifest.Layers.Select(l => l.Digest).Append(manifest.Config.Digest));
        }
        catch (TareException)
        {
            // Not a document, or a damaged one: verify finds it.
        }
    }

    /// <summary>True for a document with "manifests" at its top.</summary>
    public static bool IsIndex(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new System.Text.Json.Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType == System.Text.Json.JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("manifests"u8))
                    return true;
            }
        }
        catch (System.Text.Json.JsonException)
        {
            // No index.
        }
        return false;
    }
}
