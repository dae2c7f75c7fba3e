using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Manifests;

/// <summary>GET and HEAD of a manifest by tag or digest, in the exact bytes that were pushed.</summary>
internal static class ManifestGet
{
    public static async Task HandleAsync(RegistryCall call)
    {
        bool byDigest = call.Reference.Contains(':', StringComparison.Ordinal);
        if (byDigest)
            _ = call.PathDigest();
        else if (!ReferenceGrammar.IsTag(call.Reference))
            throw RegistryException.ManifestUnknown("invalid tag");
        if (call.Parts.Proxy.UpstreamOf(call.Repository) is { } upstream)
            await upstream.RefreshManifestAsync(call);
        (Digest digest, ManifestRecord manifest) = Find(call, byDigest);
        if (!byDigest && MediaTypes.IsIndex(manifest.MediaType))
            (digest, manifest) = ForOldClient(call, digest, manifest);
        await AnswerAsync(call, digest, manifest);
    }

    private static async Task AnswerAsync(RegistryCall call, Digest digest, ManifestRecord manifest)
    {
        string tag = $"\"{digest}\"";
        call.Response.Headers["Docker-Content-Digest"] = digest.ToString();
        call.Response.Headers.ETag = tag;
        if (call.Request.Headers.IfNoneMatch.Any(match => match?.Contains(tag, StringComparison.Ordinal) == true))
        {
            call.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        if (call.IsHead)
        {
            call.Response.StatusCode = StatusCodes.Status200OK;
            call.Response.ContentType = manifest.MediaType;
            call.Response.ContentLength = manifest.Size;
            return;
        }
        byte[] bytes = call.Parts.Content.ReadAll(digest);
        call.Parts.Metrics.Sent(bytes.Length);
        call.Parts.Webhooks.Say("pull", call, digest, bytes.Length, manifest.MediaType, call.Reference.Contains(':', StringComparison.Ordinal) ? null : call.Reference);
        await call.AnswerAsync(StatusCodes.Status200OK, bytes, manifest.MediaType);
    }

    private static (Digest Digest, ManifestRecord Manifest) Find(RegistryCall call, bool byDigest)
    {
        RepositoryStore repositories = call.Parts.Repositories;
        Digest? digest = byDigest ? call.PathDigest() : repositories.TryGetTag(call.Repository, call.Reference, out TagRecord? tag) ? tag.Digest : null;
        if (digest is not null && repositories.TryGetManifest(call.Repository, digest, out ManifestRecord? manifest))
            return (digest, manifest);
        throw repositories.HasRepository(call.Repository) ? RegistryException.ManifestUnknown(call.Reference) : RegistryException.NameUnknown(call.Repository);
    }

    /// <summary>A client that says what it accepts, and that is manifests but no index, gets the manifest of the usual platform, as registries have always done.</summary>
    private static (Digest Digest, ManifestRecord Manifest) ForOldClient(RegistryCall call, Digest digest, ManifestRecord index)
    {
        string accept = string.Join(',', (IEnumerable<string?>)call.Request.Headers.Accept);
        bool takesManifests = accept.Contains(MediaTypes.OciManifest, StringComparison.Ordinal) || accept.Contains(MediaTypes.DockerManifest, StringComparison.Ordinal);
        bool takesIndexes = accept.Contains(MediaTypes.OciIndex, StringComparison.Ordinal) || accept.Contains(MediaTypes.DockerIndex, StringComparison.Ordinal)
            || accept.Contains("*/*", StringComparison.Ordinal) || accept.Contains("application/*", StringComparison.Ordinal);
        if (!takesManifests || takesIndexes)
            return (digest, index);
        Descriptor? usual = ManifestDocument.Read(call.Parts.Content.ReadAll(digest), index.MediaType).Manifests
            .FirstOrDefault(m => m.Platform is { Os: "linux", Architecture: "amd64" } && accept.Contains(m.MediaType, StringComparison.Ordinal));
        return usual is not null && call.Parts.Repositories.TryGetManifest(call.Repository, usual.Digest, out ManifestRecord? manifest) ? (usual.Digest, manifest) : (digest, index);
    }
}
