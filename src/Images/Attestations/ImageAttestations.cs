using Tare.Distribution.Repositories;
using Tare.Errors;
using Tare.Images.Platforms;
using Tare.Images.Pull;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Attestations;

/// <summary>One in-toto statement about an image: an SBOM, a provenance.</summary>
/// <param name="Blob">The statement in the content store.</param>
/// <param name="PredicateType">What it speaks of.</param>
public sealed record ImageAttestation(Descriptor Blob, string PredicateType);

/// <summary>
/// The statements that builders put beside an image in its index: fetched with the image, listed from the store. Statements are claims; nothing here
/// verifies them. Stateless.
/// </summary>
public static class ImageAttestations
{
    private const string ReferenceDigest = "vnd.docker.reference.digest";
    private const string PredicateKey = "in-toto.io/predicate-type";
    private const string StatementType = "application/vnd.in-toto+json";
    private const long MaxBytes = 32 << 20;
    private const int MaxStatements = 64;

    /// <summary>The statements about an image that are here, of the given predicate types, or of all.</summary>
    public static IReadOnlyList<ImageAttestation> Of(ImageStore store, Image image, IReadOnlyCollection<string> types) =>
    [
        .. image.Digests.Where(d => store.Content.Contains(d.Digest!)).SelectMany(d => Manifests(store.Content.ReadAll(d.Digest!), image.Manifest.Digest))
            .Where(m => store.Content.Contains(m.Digest)).DistinctBy(m => m.Digest)
            .SelectMany(m => Statements(store.Content.ReadAll(m.Digest))).Where(s => store.Content.Contains(s.Blob.Digest))
            .Where(s => types.Count == 0 || types.Contains(s.PredicateType)),
    ];

    /// <summary>The index that leads from an image to statements about it, and every blob of these; null when none is here.</summary>
    public static (Descriptor Index, IReadOnlyList<Digest> Blobs)? Bundle(ImageStore store, Image image)
    {
        foreach (Digest digest in image.Digests.Select(d => d.Digest!).Where(store.Content.Contains))
        {
            byte[] json = store.Content.ReadAll(digest);
            List<Digest> blobs = [.. Manifests(json, image.Manifest.Digest).SelectMany(m => Blobs(store.Content, m.Digest))];
            if (blobs.Count > 0)
                return (new Descriptor { MediaType = ImageDocuments.ParseIndex(json).MediaType ?? MediaTypes.OciIndex, Digest = digest, Size = json.Length }, [digest, .. blobs]);
        }
        return null;
    }

    /// <summary>True when a document is an index with statements about a manifest.</summary>
    internal static bool Has(byte[] index, Digest manifest) => Manifests(index, manifest).Any();

    /// <summary>
    /// Brings the statements about one manifest of an index here. They are extra: what is missing or too large is left out, and an image without them
    /// is an image.
    /// </summary>
    internal static async Task FetchAsync(ImageStore store, Repository repository, FetchedManifest index, Digest manifest, ContentLease lease, CancellationToken cancel)
    {
        try
        {
            foreach (Descriptor descriptor in Manifests(index.Content, manifest))
            {
                FetchedManifest fetched = await ManifestGet.RunAsync(repository, descriptor.Digest.ToString(), cancel);
                _ = lease.Write(fetched.Content);
                ImageManifest document = ImageJson.Parse(fetched.Content, ImageJson.Default.ImageManifest, "attestation manifest");
                if (document.Layers.Length > MaxStatements || document.Layers.Append(document.Config).Sum(l => l.Size) > MaxBytes || document.Layers.Any(l => l.Size <= 0))
                    continue;
                foreach (Descriptor blob in document.Layers.Append(document.Config))
                    await ImagePull.BlobAsync(store, repository, blob, lease, cancel);
            }
        }
        catch (TareException)
        {
            // See above.
        }
    }

    // A part of a bundle is no bundle.
    private static IEnumerable<Digest> Blobs(ContentStore content, Digest manifest)
    {
        if (!content.Contains(manifest))
            return [];
        ImageManifest document = ImageJson.Parse(content.ReadAll(manifest), ImageJson.Default.ImageManifest, "attestation manifest");
        Digest[] blobs = [manifest, document.Config.Digest, .. document.Layers.Select(l => l.Digest)];
        return blobs.All(content.Contains) ? blobs : [];
    }

    private static IEnumerable<Descriptor> Manifests(byte[] index, Digest manifest) => !ContentReach.IsIndex(index) ? [] :
        ImageDocuments.ParseIndex(index).Manifests.Where(m => PlatformChoice.IsAttestation(m) && m.Annotations?.GetValueOrDefault(ReferenceDigest) == manifest.ToString()).Take(4);

    private static IEnumerable<ImageAttestation> Statements(byte[] manifest) =>
        ImageJson.Parse(manifest, ImageJson.Default.ImageManifest, "attestation manifest").Layers
            .Where(l => l.MediaType == StatementType).Select(l => new ImageAttestation(l, l.Annotations?.GetValueOrDefault(PredicateKey) ?? ""));
}
