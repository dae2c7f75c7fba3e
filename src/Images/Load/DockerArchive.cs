using Tare.Archive.Compression;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Load;

/// <summary>The archive of docker save up to version 24, also written by others: manifest.json names config and layers by their paths. Stateless.</summary>
internal static class DockerArchive
{
    /// <summary>Writes an OCI manifest for each image of the archive.</summary>
    public static IReadOnlyList<ArchiveImage> Find(ArchiveContent archive, byte[] manifestJson, ContentStore store, ContentLease lease)
    {
        DockerArchiveImage[] entries = ImageJson.Parse(manifestJson, ImageJson.Default.DockerArchiveImageArray, "manifest.json");
        return [.. entries.Select(entry =>
        {
            Descriptor config = archive.File(entry.Config) with { MediaType = MediaTypes.OciConfig };
            Descriptor[] layers = [.. entry.Layers.Select(l => archive.File(l)).Select(l => l with { MediaType = LayerType(store, l.Digest) })];
            return new ArchiveImage(ImageDocuments.WriteManifest(lease, config, layers), Names(entry.RepoTags));
        })];
    }

    /// <summary>The names in an archive, validated; a name without a tag is refused.</summary>
    public static IReadOnlyList<Reference> Names(IEnumerable<string>? tags) => [.. (tags ?? []).Select(tag =>
        Reference.ParseBare(tag) is { Tag: not null, Digest: null } name ? name : throw TareException.Invalid($"invalid tag \"{tag}\" in the image archive"))];

    /// <summary>The media type by how the blob is compressed.</summary>
    public static string LayerType(ContentStore store, Digest digest)
    {
        Span<byte> start = stackalloc byte[6];
        using Stream blob = store.OpenRead(digest);
        int read = blob.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return Decompression.Detect(start[..read]) switch
        {
            CompressionKind.Gzip => MediaTypes.OciLayerGzip,
            CompressionKind.Zstd => MediaTypes.OciLayerZstd,
            _ => MediaTypes.OciLayer,
        };
    }
}
