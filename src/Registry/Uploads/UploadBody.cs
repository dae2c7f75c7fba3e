using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Blobs;
using Tare.Registry.Protocol;
using Tare.Storage.Content;

namespace Tare.Registry.Uploads;

/// <summary>What the verbs that carry bytes of a blob have in common.</summary>
internal static class UploadBody
{
    /// <summary>Location and Range, by which the client goes on. An empty upload's range is 0-0, because the grammar has no empty range.</summary>
    public static void SetProgress(RegistryCall call, Upload upload)
    {
        call.Response.Headers.Location = $"/v2/{call.Repository}/blobs/uploads/{upload.Id}";
        call.Response.Headers.Range = $"0-{Math.Max(0, upload.Length - 1)}";
        call.Response.Headers["Docker-Upload-UUID"] = upload.Id;
    }

    /// <summary>Appends the request's body where its Content-Range says, which must be the end of what has arrived.</summary>
    public static async Task AppendAsync(RegistryCall call, Upload upload)
    {
        if (call.Request.Headers.ContentRange is { Count: > 0 } header)
            RequireNext(call, upload, header.ToString());
        long room = RequireRoom(call, upload.Length);
        // A client that has gone ends its body; what came before is there to be read.
        long bytes = await upload.AppendAsync(call.Request.BodyReader, room);
        call.Parts.Metrics.Received(bytes);
    }

    /// <summary>Checks the digest and gives the repository the blob.</summary>
    public static void Finish(RegistryCall call, Upload upload, Digest digest)
    {
        upload.Verify(digest);
        long size = upload.Length;
        using ContentLease lease = call.Parts.Content.Lease();
        call.Parts.Uploads.Commit(upload, digest, lease);
        call.Parts.Repositories.LinkBlob(call.Repository, digest, size, bytes => call.Parts.Quotas.Admit(call.Repository, bytes, call.Parts.Repositories));
        call.Parts.Webhooks.Say("push", call, digest, size);
        UploadAnswers.Created(call, digest);
    }

    /// <summary>How long the blob may become by the repository's quota; a body that says beforehand that it is longer is refused unread.</summary>
    public static long RequireRoom(RegistryCall call, long arrived)
    {
        long room = call.Parts.Quotas.RoomOf(call.Repository, call.Parts.Repositories);
        return arrived + (call.Request.ContentLength ?? 0) <= room
            ? room
            : throw new RegistryException(ErrorCode.Denied, $"quota exceeded: the repository has room for {Math.Max(0, room)} more bytes");
    }

    private static void RequireNext(RegistryCall call, Upload upload, string header)
    {
        if (!ByteRange.TryParseChunk(header, out long first, out long last))
            throw new RegistryException(ErrorCode.BlobUploadInvalid, "invalid Content-Range: first-last in bytes is expected", StatusCodes.Status416RangeNotSatisfiable);
        if (call.Request.ContentLength is { } length && length != last - first + 1)
            throw new RegistryException(ErrorCode.SizeInvalid, $"Content-Range has {last - first + 1} bytes, Content-Length {length}");
        if (first == upload.Length)
            return;
        SetProgress(call, upload);
        throw new RegistryException(ErrorCode.BlobUploadInvalid, $"the chunk begins at {first}, but {upload.Length} bytes have arrived", StatusCodes.Status416RangeNotSatisfiable);
    }
}
