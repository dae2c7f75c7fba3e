using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Referrers;

/// <summary>GET of the manifests about a subject, as an index, in pages; "artifactType" filters. A subject nobody knows has an empty list.</summary>
internal static class ReferrerList
{
    private const int MaxPage = 1000;

    /// <summary>An index is a manifest, and clients bound those.</summary>
    private const int MaxBytes = 3 << 20;

    public static async Task HandleAsync(RegistryCall call)
    {
        Digest subject = call.PathDigest();
        string? wanted = call.Query("artifactType");
        string? after = call.Query("last");
        if (after is not null)
            _ = RegistryCall.ParseDigest(after);
        int size = Math.Max(1, call.PageSize(MaxPage) ?? MaxPage);
        List<Descriptor> found = [];
        long bytes = 0;
        string? next = null;
        IReadOnlyList<Digest> referrers = call.Parts.Repositories.Referrers(call.Repository, subject, after, MaxPage + 1);
        for (int i = 0; i < referrers.Count; i++)
        {
            if (found.Count == size || bytes > MaxBytes || i == MaxPage)
            {
                next = referrers[i - 1].ToString();
                break;
            }
            if (!call.Parts.Repositories.TryGetManifest(call.Repository, referrers[i], out ManifestRecord? manifest))
                continue;
            if (wanted is not null && manifest.ArtifactType != wanted)
                continue;
            found.Add(Describe(referrers[i], manifest));
            bytes += 300 + (manifest.Annotations?.Sum(a => a.Key.Length + a.Value.Length + 8L) ?? 0);
        }
        if (wanted is not null)
            call.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        if (next is not null)
        {
            string filter = wanted is null ? "" : $"&artifactType={Uri.EscapeDataString(wanted)}";
            call.Response.Headers.Link = $"</v2/{call.Repository}/referrers/{subject}?n={size}&last={Uri.EscapeDataString(next)}{filter}>; rel=\"next\"";
        }
        var index = new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [.. found] };
        await call.AnswerAsync(StatusCodes.Status200OK, index, RegistryJson.Default.ImageIndex, MediaTypes.OciIndex);
    }

    private static Descriptor Describe(Digest digest, ManifestRecord manifest) => new()
    {
        MediaType = manifest.MediaType,
        Digest = digest,
        Size = manifest.Size,
        ArtifactType = manifest.ArtifactType,
        Annotations = manifest.Annotations,
    };
}
