using Tare.Oci;
using Tare.Registry.Protocol;

namespace Tare.Registry.Uploads;

/// <summary>PUT of an upload: the last chunk or none, and the digest of the whole.</summary>
internal static class UploadFinish
{
    public static async Task HandleAsync(RegistryCall call)
    {
        Digest digest = RegistryCall.ParseDigest(call.Query("digest"));
        using UploadStore.Taken taken = await call.Parts.Uploads.TakeAsync(call.Repository, call.Reference, CancellationToken.None);
        await UploadBody.AppendAsync(call, taken.Upload);
        UploadBody.Finish(call, taken.Upload, digest);
    }
}
