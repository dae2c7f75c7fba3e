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

    /// <summary>Begins to compress a layer into the store.</summary>
    public static GrowingLayer Make(ImageStore store, ContentLease lease, Descriptor layer, int level, CancellationToken cancel) =>
        GrowingLayer.Compress(store.Content.OpenRead(layer.Digest), lease.Ingest(), Suiting(MediaTypes.OciLayerGzip, layer), level, cancel);

    // A manifest of Docker's kind has layers of Docker's kind.
    private static string Suiting(string packed, Descriptor layer)
    {
        bool zstd = packed is MediaTypes.OciLayerZstd or MediaTypes.DockerLayerZstd;
        return layer.MediaType == MediaTypes.DockerLayer
            ? zstd ? MediaTypes.DockerLayerZstd : MediaTypes.DockerLayerGzip
            : zstd ? MediaTypes.OciLayerZstd : MediaTypes.OciLayerGzip;
    }
}
