using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Access;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;
using Tare.Storage.Content;

namespace Tare.Registry.Blobs;

/// <summary>
/// A blob of one repository becomes one of another without its bytes being sent. Only what the caller may read can be mounted; else the answer is the
/// same as for a blob that is nowhere, an upload.
/// </summary>
internal static class BlobMount
{
    /// <summary>True when the blob was mounted and the answer is given.</summary>
    public static bool TryHandle(RegistryCall call, string mount, string? from)
    {
        Digest digest = RegistryCall.ParseDigest(mount);
        if (from is not null && !RegistryPath.IsName(from))
            throw new RegistryException(ErrorCode.NameInvalid, "invalid repository name in from");
        RepositoryStore repositories = call.Parts.Repositories;
        IEnumerable<string> sources = from is null ? repositories.RepositoriesWith(digest) : [from];
        string? source = sources.FirstOrDefault(name => call.Parts.Access.Allows(call.Caller, name, RepositoryAction.Read));
        // The lease keeps the content while it is given to the new repository; the old one may lose it meanwhile.
        using ContentLease lease = call.Parts.Content.Lease();
        if (source is null || !lease.TryUse(digest) || !repositories.TryGetBlob(source, digest, out BlobRecord? blob))
            return false;
        repositories.LinkBlob(call.Repository, digest, blob.Size, bytes => call.Parts.Quotas.Admit(call.Repository, bytes, call.Parts.Repositories));
        call.Parts.Webhooks.Say("mount", call, digest, blob.Size);
        UploadAnswers.Created(call, digest);
        return true;
    }
}

/// <summary>What a client gets when a blob has arrived, by whichever way.</summary>
internal static class UploadAnswers
{
    public static void Created(RegistryCall call, Digest digest)
    {
        call.Response.Headers.Location = $"/v2/{call.Repository}/blobs/{digest}";
        call.Response.Headers["Docker-Content-Digest"] = digest.ToString();
        call.Answer(StatusCodes.Status201Created);
    }
}
