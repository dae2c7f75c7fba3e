using Tare.Errors;
using Tare.Images.Platforms;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Push;

/// <summary>Decides which document a push sends, and from where a registry may take blobs by itself. Reads the store; stateless.</summary>
internal static class PushPlan
{
    private const int MaxSources = 3;

    /// <summary>The index that the image came in, when all of it is here and no platform was asked for; else the image's own manifest.</summary>
    public static Descriptor Top(ImageStore store, Image image, PlatformChoice? platform)
    {
        if (platform is null)
            return image.Digests.Select(d => WholeIndex(store, d.Digest!)).FirstOrDefault(i => i is not null) ?? image.Manifest;
        if (platform.Rank(image.Config.Os, image.Config.Architecture, image.Config.Variant) > 0)
            return image.Manifest;
        Descriptor? sibling = image.Digests.Where(d => IsIndex(store, d.Digest!))
            .Select(d => platform.Choose(ImageDocuments.ParseIndex(store.Content.ReadAll(d.Digest!)).Manifests)).FirstOrDefault(m => m is not null && IsWhole(store, m.Digest));
        return sibling ?? throw TareException.NotFound($"image was found but its platform ({image.Config.Os}/{image.Config.Architecture}) does not match the specified platform ({platform})");
    }

    /// <summary>The manifests of an index.</summary>
    public static IReadOnlyList<Descriptor> Children(ImageStore store, Descriptor index) => ImageDocuments.ParseIndex(store.Content.ReadAll(index.Digest)).Manifests;

    /// <summary>Repositories of the same registry that are known to have a blob.</summary>
    public static IReadOnlyList<string> Sources(ImageStore store, Digest blob, Digest diffId, Reference target)
    {
        IEnumerable<Reference> remembered = store.Forms.Find(diffId) is { } form && form.Packed.Digest == blob ? form.Repositories.Select(Reference.ParseBare) : [];
        return
        [
            .. store.List().Where(i => i.ConfigBlob.Digest == blob || i.Layers.Any(l => l.Digest == blob)).SelectMany(i => i.Digests).Concat(remembered)
                .Where(d => d.Domain == target.Domain && d.Path != target.Path).Select(d => d.Path).Distinct().Take(MaxSources),
        ];
    }

    private static Descriptor? WholeIndex(ImageStore store, Digest digest)
    {
        if (!IsIndex(store, digest))
            return null;
        byte[] json = store.Content.ReadAll(digest);
        ImageIndex index = ImageDocuments.ParseIndex(json);
        return index.Manifests.Length > 0 && index.Manifests.All(m => IsWhole(store, m.Digest))
            ? new Descriptor { MediaType = index.MediaType ?? MediaTypes.OciIndex, Digest = digest, Size = json.Length } : null;
    }

    private static bool IsIndex(ImageStore store, Digest digest) => store.Content.Contains(digest) && ContentReach.IsIndex(store.Content.ReadAll(digest));

    private static bool IsWhole(ImageStore store, Digest manifest)
    {
        if (!store.Content.Contains(manifest) || ContentReach.IsIndex(store.Content.ReadAll(manifest)))
            return false;
        ImageManifest document = ImageDocuments.ReadManifest(store.Content, manifest);
        return document.Layers.Append(document.Config).All(b => store.Content.Contains(b.Digest));
    }
}
