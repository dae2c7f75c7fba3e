using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images.Platforms;

/// <summary>One manifest that an image's name leads to: a platform's image, or statements about one.</summary>
/// <param name="Descriptor">As the index lists it; with the platform of the config where there is no index.</param>
/// <param name="About">For statements: the manifest they speak of.</param>
/// <param name="IsHere">All that it names is in the store.</param>
/// <param name="ContentBytes">Bytes of what it names and of itself, as far as they are known here.</param>
/// <param name="Image">The image, when it was added here.</param>
public sealed record ListedManifest(Descriptor Descriptor, Digest? About, bool IsHere, long ContentBytes, Image? Image);

/// <summary>The manifests beside an image: those of the index it came in, also the ones that were not fetched; else its own. Reads the store; stateless.</summary>
public static class ListedManifests
{
    private const string ReferenceDigest = "vnd.docker.reference.digest";

    /// <summary>In the order of the index.</summary>
    public static IReadOnlyList<ListedManifest> Of(ImageStore store, Image image)
    {
        IReadOnlyList<Descriptor> listed = image.Digests.Where(d => store.Content.Contains(d.Digest!)).Select(d => store.Content.ReadAll(d.Digest!))
            .Where(json => ContentReach.IsIndex(json)).Select(json => ImageDocuments.ParseIndex(json).Manifests).FirstOrDefault(m => m.Any(d => d.Digest == image.Manifest.Digest))
            ?? [image.Manifest with { Platform = PlatformOf(image) }];
        ILookup<Digest, Image> images = store.List().ToLookup(i => i.Manifest.Digest);
        return [.. listed.Select(descriptor => Of(store, descriptor, images[descriptor.Digest].FirstOrDefault()))];
    }

    private static ListedManifest Of(ImageStore store, Descriptor descriptor, Image? image)
    {
        Digest? about = PlatformChoice.IsAttestation(descriptor)
            && Digest.TryParse(descriptor.Annotations!.GetValueOrDefault(ReferenceDigest) ?? "", out Digest? named) ? named : null;
        if (!store.Content.Contains(descriptor.Digest) || ContentReach.IsIndex(store.Content.ReadAll(descriptor.Digest)))
            return new ListedManifest(descriptor, about, false, 0, image);
        ImageManifest manifest = ImageDocuments.ReadManifest(store.Content, descriptor.Digest);
        Descriptor[] blobs = [manifest.Config, .. manifest.Layers];
        return new ListedManifest(descriptor, about, blobs.All(b => store.Content.Contains(b.Digest)), descriptor.Size + blobs.Sum(b => store.Content.SizeOf(b.Digest) ?? 0), image);
    }

    private static Platform PlatformOf(Image image) =>
        new() { Os = image.Config.Os, Architecture = image.Config.Architecture, Variant = image.Config.Variant, OsVersion = image.Config.OsVersion };
}
