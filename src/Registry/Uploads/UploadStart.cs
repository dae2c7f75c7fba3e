using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Blobs;
using Tare.Registry.Protocol;

namespace Tare.Registry.Uploads;

/// <summary>
/// POST of an upload: begins one, or takes the whole blob at once with "digest", or mounts a blob of another repository with "mount". A mount that cannot be
/// done begins an upload.
/// </summary>
internal static class UploadStart
{
    public static async Task HandleAsync(RegistryCall call)
    {
        if (call.Query("mount") is { } mount && BlobMount.TryHandle(call, mount, call.Query("from")))
            return;
        Digest? digest = call.Query("digest") is { } text ? RegistryCall.ParseDigest(text) : null;
        string algorithm = digest?.Algorithm ?? call.Query("digest-algorithm") ?? "sha256";
        if (algorithm is not ("sha256" or "sha512"))
            throw RegistryException.DigestInvalid("unsupported digest algorithm: sha256 or sha512 is expected");
        UploadBody.RequireRoom(call, 0);
        using UploadStore.Taken taken = call.Parts.Uploads.Start(call.Repository, algorithm);
        Upload upload = taken.Upload;
        if (digest is null)
        {
            UploadBody.SetProgress(call, upload);
            call.Answer(StatusCodes.Status202Accepted);
            return;
        }
        try
        {
            await UploadBody.AppendAsync(call, upload);
            UploadBody.Finish(call, upload, digest);
        }
        catch
        {
            // The client does not know its location, so nobody could go on with it.
            call.Parts.Uploads.Cancel(upload);
            throw;
        }
    }
}
