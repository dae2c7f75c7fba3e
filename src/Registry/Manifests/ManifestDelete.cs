using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Protocol;

namespace Tare.Registry.Manifests;

/// <summary>DELETE of a tag, which leaves the manifest, or of a manifest by digest, which takes its tags with it.</summary>
internal static class ManifestDelete
{
    public static Task HandleAsync(RegistryCall call)
    {
        if (call.Reference.Contains(':', StringComparison.Ordinal))
            DeleteManifest(call, call.PathDigest());
        else
            DeleteTag(call);
        call.Answer(StatusCodes.Status202Accepted);
        return Task.CompletedTask;
    }

    private static void DeleteManifest(RegistryCall call, Digest digest)
    {
        if (!call.Parts.Repositories.DeleteManifest(call.Repository, digest))
            throw RegistryException.ManifestUnknown(digest.ToString());
        call.Parts.Collector.Release(digest);
        call.Parts.Webhooks.Say("delete", call, digest);
    }

    private static void DeleteTag(RegistryCall call)
    {
        if (!ReferenceGrammar.IsTag(call.Reference) || !call.Parts.Repositories.DeleteTag(call.Repository, call.Reference))
            throw RegistryException.ManifestUnknown(call.Reference);
        call.Parts.Webhooks.Say("delete", call, digest: null, tag: call.Reference);
    }
}
