using Tare.Distribution.Repositories;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images.Trust;

/// <summary>Finds the signatures that Notation has attached to an image: artifacts that refer to it. Stateless.</summary>
internal static class NotationFetch
{
    private const string ArtifactType = "application/vnd.cncf.notary.signature";
    private const int MaxSignatures = 16;
    private const int MaxEnvelope = 256 * 1024;

    /// <summary>The envelopes, unverified; none when there are none.</summary>
    public static async Task<IReadOnlyList<NotationEnvelope>> RunAsync(Repository repository, Digest image, CancellationToken cancel)
    {
        var envelopes = new List<NotationEnvelope>();
        IReadOnlyList<Descriptor> referrers = await ReferrersGet.RunAsync(repository, image, ArtifactType, cancel);
        foreach (Descriptor referrer in referrers.Where(r => r.ArtifactType is null or ArtifactType).Take(MaxSignatures))
        {
            FetchedManifest fetched = await ManifestGet.RunAsync(repository, referrer.Digest.ToString(), cancel);
            ImageManifest manifest = ImageJson.Parse(fetched.Content, ImageJson.Default.ImageManifest, "signature manifest");
            if ((manifest.ArtifactType ?? manifest.Config.MediaType) != ArtifactType)
                continue;
            if (manifest.Layers is [{ Size: > 0 and <= MaxEnvelope } layer])
                envelopes.Add(new NotationEnvelope(layer.MediaType, await SmallBlob.ReadAsync(repository, layer, cancel)));
        }
        return envelopes;
    }
}
