using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>Takes a manifest with its blobs over from another repository of the same registry, without moving bytes where the registry can mount. Stateless.</summary>
public static class ManifestCopy
{
    /// <summary>Copies one manifest by digest; blobs that can not be mounted are refused, since this program does not carry them.</summary>
    public static async Task RunAsync(Repository from, Repository to, Digest digest, CancellationToken cancel)
    {
        if (from.Reference.Domain != to.Reference.Domain)
            throw new TareException(ErrorKind.NotSupported, $"{from.Reference} is in another registry than {to.Reference.Repository}: push the image there first");
        FetchedManifest manifest = await ManifestGet.RunAsync(from, digest.ToString(), cancel);
        if (MediaTypes.IsIndex(manifest.Descriptor.MediaType))
            throw TareException.Invalid($"{from.Reference} is an index itself; name the manifests of its platforms");
        ImageManifest image = ImageJson.Parse(manifest.Content, ImageJson.Default.ImageManifest, "image manifest");
        foreach (Descriptor blob in image.Layers.Append(image.Config))
        {
            if (!await BlobPut.MountAsync(to, blob, from.Reference.Path, cancel))
                throw TareException.Conflict($"the registry does not let {to.Reference.Repository} take blob {blob.Digest} from {from.Reference.Repository}: push the image there first");
        }
        await ManifestPut.RunAsync(to, digest.ToString(), manifest.Descriptor.MediaType, manifest.Content, cancel);
    }
}
