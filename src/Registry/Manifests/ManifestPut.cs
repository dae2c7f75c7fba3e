using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using System.Security.Cryptography;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;
using Tare.Storage.Content;

namespace Tare.Registry.Manifests;

/// <summary>PUT of a manifest by tag or digest, the latter with more tags in "tag" parameters. Its bytes are kept exactly; what it needs must be there.</summary>
internal static class ManifestPut
{
    private const int MaxBytes = 4 << 20;
    private const int MaxTags = 100;

    public static async Task HandleAsync(RegistryCall call)
    {
        (Digest? wanted, List<string> tags) = Target(call);
        byte[] bytes = await ReadAsync(call);
        Digest digest = DigestOf(bytes, wanted);
        if (wanted is not null && digest != wanted)
            throw RegistryException.DigestInvalid($"provided digest did not match uploaded content: it has {digest}");
        var document = ManifestDocument.Read(bytes, call.MediaType());
        if (call.MediaType() is null)
            call.Warn("the manifest came without a Content-Type; its kind was guessed");
        RequireUnchanged(call, tags);
        Store(call, digest, document, bytes, tags);
        foreach (string tag in tags)
            call.Parts.Webhooks.Say("push", call, digest, bytes.Length, document.MediaType, tag);
        if (tags.Count == 0)
            call.Parts.Webhooks.Say("push", call, digest, bytes.Length, document.MediaType);
        call.Response.Headers.Location = $"/v2/{call.Repository}/manifests/{digest}";
        call.Response.Headers["Docker-Content-Digest"] = digest.ToString();
        if (document.Record.Subject is { } subject)
            call.Response.Headers["OCI-Subject"] = subject.ToString();
        if (wanted is not null && tags.Count > 0)
            call.Response.Headers["OCI-Tag"] = string.Join(", ", tags);
        call.Answer(StatusCodes.Status201Created);
    }

    /// <summary>Stores a manifest whose bytes are verified; also the pull-through cache's way in.</summary>
    public static void Store(RegistryCall call, Digest digest, ManifestDocument document, byte[] bytes, IReadOnlyCollection<string> tags, bool requireContent = true)
    {
        RepositoryStore repositories = call.Parts.Repositories;
        using ContentLease lease = call.Parts.Content.Lease();
        if (!lease.TryUse(digest))
            call.Parts.Uploads.StoreSmall(bytes, digest, lease);
        repositories.PutManifest(
            call.Repository, digest, document.Record, tags,
            total => call.Parts.Quotas.Admit(call.Repository, total, call.Parts.Repositories),
            () =>
            {
                if (requireContent)
                    RequireContent(call, document);
            });
    }

    private static void RequireContent(RegistryCall call, ManifestDocument document)
    {
        foreach (Descriptor blob in document.Blobs)
        {
            if (!call.Parts.Repositories.TryGetBlob(call.Repository, blob.Digest, out BlobRecord? known))
                throw new RegistryException(ErrorCode.ManifestBlobUnknown, "manifest references a blob unknown to the repository", detail: blob.Digest.ToString());
            RequireSize(blob, known.Size);
        }
        foreach (Descriptor manifest in document.Manifests)
        {
            if (!call.Parts.Repositories.TryGetManifest(call.Repository, manifest.Digest, out ManifestRecord? known))
                throw new RegistryException(ErrorCode.ManifestBlobUnknown, "index references a manifest unknown to the repository", detail: manifest.Digest.ToString());
            RequireSize(manifest, known.Size);
        }
    }

    private static void RequireSize(Descriptor descriptor, long size)
    {
        if (descriptor.Size != size)
            throw RegistryException.ManifestInvalid($"{descriptor.Digest} has {size} bytes, not the {descriptor.Size} that the manifest says");
    }

    private static (Digest? Digest, List<string> Tags) Target(RegistryCall call)
    {
        if (!call.Reference.Contains(':', StringComparison.Ordinal))
            return (null, [Tag(call.Reference)]);
        List<string> tags = [.. call.Request.Query["tag"].Select(tag => Tag(tag ?? "")).Distinct()];
        return tags.Count <= MaxTags
            ? (call.PathDigest(), tags)
            : throw new RegistryException(ErrorCode.ManifestInvalid, $"more than {MaxTags} tags in one request", StatusCodes.Status414UriTooLong);
    }

    private static string Tag(string text) => ReferenceGrammar.IsTag(text) ? text : throw RegistryException.ManifestInvalid("invalid tag");

    /// <summary>If-Match and If-None-Match on a tag, for clients that maintain a list behind one.</summary>
    private static void RequireUnchanged(RegistryCall call, List<string> tags)
    {
        if (tags.Count != 1)
            return;
        string? match = call.Request.Headers.IfMatch;
        string? noneMatch = call.Request.Headers.IfNoneMatch;
        if (match is null && noneMatch is null)
            return;
        string? current = call.Parts.Repositories.TryGetTag(call.Repository, tags[0], out TagRecord? tag) ? tag.Digest.ToString() : null;
        bool refused = match is not null && (current is null || (match != "*" && !match.Contains(current, StringComparison.Ordinal)))
            || noneMatch is not null && current is not null && (noneMatch == "*" || noneMatch.Contains(current, StringComparison.Ordinal));
        if (refused)
            throw new RegistryException(ErrorCode.ManifestInvalid, "the tag is not what the request's condition says", StatusCodes.Status412PreconditionFailed);
    }

    private static async Task<byte[]> ReadAsync(RegistryCall call)
    {
        PipeReader body = call.Request.BodyReader;
        if (call.Request.ContentLength > MaxBytes)
            throw TooLarge();
        var content = new ArrayBufferWriter<byte>((int)(call.Request.ContentLength ?? 4096) + 1);
        while (true)
        {
            ReadResult read = await body.ReadAsync(call.Aborted);
            if (content.WrittenCount + read.Buffer.Length > MaxBytes)
            {
                body.AdvanceTo(read.Buffer.End);
                throw TooLarge();
            }
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
                content.Write(part.Span);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return content.WrittenSpan.ToArray();
        }
    }

    private static RegistryException TooLarge() =>
        new(ErrorCode.ManifestInvalid, $"the manifest is larger than {MaxBytes} bytes", StatusCodes.Status413PayloadTooLarge);

    private static Digest DigestOf(byte[] bytes, Digest? wanted) =>
        wanted?.Algorithm == "sha512" ? Digest.FromHash(SHA512.HashData(bytes)) : Digest.Of(bytes);
}
