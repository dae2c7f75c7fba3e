using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;
using Tare.Oci;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;
using Tare.Registry.Transport;

namespace Tare.Registry.Blobs;

/// <summary>GET and HEAD of a blob: whole or a range, sent by the kernel from the file where the connection allows. Only blobs of the repository exist here.</summary>
internal static class BlobGet
{
    private const int CopySize = 256 * 1024;
    private const int SendSize = 4 << 20;

    public static async Task HandleAsync(RegistryCall call)
    {
        Digest digest = call.PathDigest();
        // Touched first: either the collector sees it, or its removal is seen here.
        call.Parts.Collector.Touch(call.Repository, digest);
        if (!call.Parts.Repositories.TryGetBlob(call.Repository, digest, out BlobRecord? blob))
        {
            call.Parts.Collector.Untouch(call.Repository, digest);
            if (call.Parts.Proxy.UpstreamOf(call.Repository) is { } upstream)
            {
                await upstream.ServeBlobAsync(call, digest);
                return;
            }
            throw call.Parts.Repositories.HasRepository(call.Repository) ? RegistryException.BlobUnknown(digest) : RegistryException.NameUnknown(call.Repository);
        }
        await AnswerAsync(call, digest, blob.Size);
    }

    /// <summary>Answers with a blob that the store has and the caller may read.</summary>
    public static async Task AnswerAsync(RegistryCall call, Digest digest, long size)
    {
        string tag = $"\"{digest}\"";
        SetHeaders(call, digest);
        call.Response.Headers.ETag = tag;
        if (call.Request.Headers.IfNoneMatch.Any(match => match?.Contains(tag, StringComparison.Ordinal) == true))
        {
            call.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        string? asked = call.IsHead || IsForOther(call, tag) ? null : call.Request.Headers.Range.ToString();
        var range = ByteRange.Of(asked, size);
        if (range.IsUnsatisfiable)
        {
            call.Response.Headers.ContentRange = $"bytes */{size}";
            throw new RegistryException(ErrorCode.SizeInvalid, "the requested range cannot be had of this blob", StatusCodes.Status416RangeNotSatisfiable);
        }
        call.Response.StatusCode = range.IsPartial ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        if (range.IsPartial)
            call.Response.Headers.ContentRange = $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{size}";
        call.Response.ContentLength = range.Length;
        if (call.IsHead)
            return;
        using SafeFileHandle file = call.Parts.Content.OpenHandle(digest);
        await SendAsync(call, file, range.Offset, range.Length);
        call.Parts.Metrics.Sent(range.Length);
    }

    /// <summary>The headers that every blob's answer has.</summary>
    public static void SetHeaders(RegistryCall call, Digest digest)
    {
        call.Response.Headers["Docker-Content-Digest"] = digest.ToString();
        call.Response.Headers.AcceptRanges = "bytes";
        call.Response.Headers.CacheControl = "max-age=31536000, immutable";
        call.Response.ContentType = "application/octet-stream";
    }

    /// <summary>A range of another version of the content than the client has seen would be useless (If-Range).</summary>
    private static bool IsForOther(RegistryCall call, string tag) => call.Request.Headers.IfRange is { Count: > 0 } condition && condition[0] != tag;

    private static async Task SendAsync(RegistryCall call, SafeFileHandle file, long offset, long length)
    {
        await call.Response.StartAsync(call.Aborted);
        PipeWriter body = call.Response.BodyWriter;
        IFileSender? sender = call.Request.HttpContext.Features.Get<IFileSender>();
        if (length > 0)
            sender?.Begin(file, offset, length);
        while (length > 0)
        {
            Memory<byte> memory = body.GetMemory(sender is null ? CopySize : 1);
            int part = (int)Math.Min(length, Math.Min(memory.Length, sender is null ? CopySize : SendSize));
            if (sender is null)
                part = await RandomAccess.ReadAsync(file, memory[..part], offset, call.Aborted);
            if (part == 0)
                throw new IOException("a blob of the store is shorter than its record says");
            body.Advance(part);
            offset += part;
            length -= part;
            FlushResult flushed = await body.FlushAsync(call.Aborted);
            if (flushed.IsCompleted || flushed.IsCanceled)
                throw new OperationCanceledException("the client has gone");
        }
    }
}
