using System.IO.Compression;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Push;

/// <summary>
/// The gzip form of layers that are plain here, as committed and imported ones are: made once, remembered while it is in the store, so that a second
/// push finds the registry in possession of it. Stateless.
/// </summary>
internal static class CompressedLayers
{
    private const int BufferSize = 1 << 20;

    /// <summary>The compressed layer, made when it is not here.</summary>
    public static async Task<Descriptor> EnsureAsync(ImageStore store, ContentLease lease, Descriptor layer, Digest diffId, CancellationToken cancel)
    {
        if (store.CompressedLayer(diffId) is { } known && lease.TryUse(known.Digest))
            return known;
        Descriptor made = await Task.Run(() => Make(store, lease, layer, cancel), cancel);
        store.RememberCompressed(diffId, made);
        return made;
    }

    private static Descriptor Make(ImageStore store, ContentLease lease, Descriptor layer, CancellationToken cancel)
    {
        using Stream plain = store.Content.OpenRead(layer.Digest);
        using IngestStream ingest = lease.Ingest();
        using (var gzip = new GZipStream(ingest, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                while (plain.Read(buffer) is var read and > 0)
                {
                    cancel.ThrowIfCancellationRequested();
                    gzip.Write(buffer, 0, read);
                }
            }
            finally
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        long size = ingest.Count;
        string type = layer.MediaType == MediaTypes.DockerLayer ? MediaTypes.DockerLayerGzip : MediaTypes.OciLayerGzip;
        return new Descriptor { MediaType = type, Digest = ingest.Commit(), Size = size };
    }
}
