using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Protocol;

namespace Tare.Registry.Blobs;

/// <summary>DELETE of a blob: the repository has it no longer; the content goes when nobody claims it.</summary>
internal static class BlobDelete
{
    public static Task HandleAsync(RegistryCall call)
    {
        Digest digest = call.PathDigest();
        if (!call.Parts.Repositories.UnlinkBlob(call.Repository, digest))
            throw RegistryException.BlobUnknown(digest);
        call.Parts.Collector.Release(digest);
        call.Parts.Webhooks.Say("delete", call, digest);
        call.Answer(StatusCodes.Status202Accepted);
        return Task.CompletedTask;
    }
}
