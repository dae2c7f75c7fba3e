using Tare.Archive.Compression;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Push;

/// <summary>
/// The compressed form of layers that are plain here, as committed, imported and loaded ones are: the one that is known, or gzip made now. Stateless.
/// </summary>
internal static class CompressedLayers
{
    /// <summary>The form that a pull or an earlier push has seen, perhaps no longer in the store; null when none is known.</summary>
    public static Descriptor? Known(ImageStore store, Descriptor layer, Digest diffId) =>
        store.Forms.Find(diffId) is { } form ? form.Packed with { MediaType = Suiting(form.Packed.MediaType, layer) } : null;

    /// <summary>Compresses a layer into the store.</summary>
    public static Task<Descriptor> MakeAsync(ImageStore store, ContentLease lease, Descriptor layer, CancellationToken cancel) => Task.Run(() =>
    {
        using Stream plain = store.Content.OpenRead(layer.Digest);
        using IngestStream ingest = lease.Ingest();
        BlockGzip.Compress(plain, ingest, cancel);
        long size = ingest.Count;
        return new Descriptor { MediaType = Suiting(MediaTypes.OciLayerGzip, layer), Digest = ingest.Commit(), Size = size };
    }, cancel);

    // A manifest of Docker's kind has layers of Docker's kind.
    private static string Suiting(string packed, Descriptor layer)
    {
        bool zstd = packed is MediaTypes.OciLayerZstd or MediaTypes.DockerLayerZstd;
        return layer.MediaType == MediaTypes.DockerLayer
            ? zstd ? MediaTypes.DockerLayerZstd : MediaTypes.DockerLayerGzip
            : zstd ? MediaTypes.OciLayerZstd : MediaTypes.OciLayerGzip;
    }
}
