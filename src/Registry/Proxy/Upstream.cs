using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Registry.Blobs;
using Tare.Registry.Manifests;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Proxy;

/// <summary>
/// One upstream registry and what of it is cached. A tag is asked for again when it has some age; contents by digest are fetched once, by however many ask at
/// the same time. While the upstream is away, what is here is served with a warning. Thread-safe.
/// </summary>
internal sealed class Upstream(ProxyRule rule) : IDisposable
{
    private const int MaxManifest = 4 << 20;
    private const int MaxChecked = 100_000;
    private static readonly string[] ManifestTypes = [MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerIndex, MediaTypes.DockerManifest];

    private readonly UpstreamClient _client = new(rule);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _checked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, BlobFetch> _fetches = new(StringComparer.Ordinal);

    public bool Covers(string repository) => rule.Prefix.Length == 0 || (repository.StartsWith(rule.Prefix, StringComparison.Ordinal) && repository.Length > rule.Prefix.Length && repository[rule.Prefix.Length] == '/');

    /// <summary>Brings a manifest that a client asks for here, or up to date. One that the upstream does not have is refused.</summary>
    public async Task RefreshManifestAsync(RegistryCall call)
    {
        RepositoryStore store = call.Parts.Repositories;
        Digest? wanted = Digest.TryParse(call.Reference, out Digest? digest) ? digest : null;
        Digest? here = wanted ?? (store.TryGetTag(call.Repository, call.Reference, out TagRecord? tag) ? tag.Digest : null);
        bool has = here is not null && store.TryGetManifest(call.Repository, here, out _);
        string key = $"{call.Repository} {call.Reference}";
        if (has && (wanted is not null || (_checked.TryGetValue(key, out DateTimeOffset at) && DateTimeOffset.UtcNow - at < rule.TagAge)))
        {
            call.Parts.Metrics.Cache(hit: true);
            return;
        }
        try
        {
            if (!(has && await HeadAsync(call) == here))
                await FetchManifestAsync(call, wanted);
            else
                call.Parts.Metrics.Cache(hit: true);
            if (_checked.Count > MaxChecked)
                _checked.Clear();
            _checked[key] = DateTimeOffset.UtcNow;
        }
        catch (TareException error) when (has && error.Kind == ErrorKind.Unavailable)
        {
            call.Warn("the upstream registry does not answer; this is what it had before");
        }
    }

    /// <summary>Answers with a blob that is not here yet, while it arrives.</summary>
    public async Task ServeBlobAsync(RegistryCall call, Digest digest)
    {
        if (call.IsHead)
        {
            using HttpResponseMessage head = Accepted(await _client.SendAsync(HttpMethod.Head, Name(call.Repository), $"blobs/{digest}", [], call.Aborted), () => RegistryException.BlobUnknown(digest));
            BlobGet.SetHeaders(call, digest);
            call.Response.ContentLength = head.Content.Headers.ContentLength;
            return;
        }
        string key = $"{call.Repository} {digest}";
        call.Parts.Metrics.Cache(hit: false);
        BlobFetch fetch = _fetches.GetOrAdd(key, _ => new BlobFetch(call.Repository, digest, call.Parts, OpenBlobAsync));
        fetch.Start(ended: () => _fetches.TryRemove(new KeyValuePair<string, BlobFetch>(key, fetch)));
        await fetch.ServeAsync(call);
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> OpenBlobAsync(string repository, Digest digest, CancellationToken cancel) =>
        Accepted(await _client.SendAsync(HttpMethod.Get, Name(repository), $"blobs/{digest}", [], cancel), () => RegistryException.BlobUnknown(digest));

    private async Task<Digest?> HeadAsync(RegistryCall call)
    {
        using HttpResponseMessage head = Accepted(
            await _client.SendAsync(HttpMethod.Head, Name(call.Repository), $"manifests/{call.Reference}", ManifestTypes, call.Aborted), () => RegistryException.ManifestUnknown(call.Reference));
        return head.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values) && Digest.TryParse(values.First(), out Digest? digest) ? digest : null;
    }

    private async Task FetchManifestAsync(RegistryCall call, Digest? wanted)
    {
        call.Parts.Metrics.Cache(hit: false);
        using HttpResponseMessage answer = Accepted(
            await _client.SendAsync(HttpMethod.Get, Name(call.Repository), $"manifests/{call.Reference}", ManifestTypes, call.Aborted), () => RegistryException.ManifestUnknown(call.Reference));
        byte[] bytes = await ReadAsync(answer, call.Aborted);
        Digest digest = wanted?.Algorithm == "sha512" ? Digest.FromHash(System.Security.Cryptography.SHA512.HashData(bytes)) : Digest.Of(bytes);
        if (wanted is not null && digest != wanted)
            throw new TareException(ErrorKind.Unavailable, $"the upstream registry sends another manifest than {wanted}");
        var document = ManifestDocument.Read(bytes, answer.Content.Headers.ContentType?.MediaType);
        ManifestPut.Store(call, digest, document, bytes, wanted is null ? [call.Reference] : [], requireContent: false);
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using Stream body = await answer.Content.ReadAsStreamAsync(cancel);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await body.ReadAsync(buffer, cancel)) > 0;)
            {
                if (bytes.Length + read > MaxManifest)
                    throw new TareException(ErrorKind.Unavailable, $"the upstream registry sends a manifest of more than {MaxManifest} bytes");
                bytes.Write(buffer, 0, read);
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new TareException(ErrorKind.Unavailable, "read a manifest from the upstream registry", error);
        }
        return bytes.ToArray();
    }

    /// <summary>A good answer; not found and denied are both "unknown" here, because the client's rights are not the cache's.</summary>
    private HttpResponseMessage Accepted(HttpResponseMessage answer, Func<RegistryException> unknown)
    {
        if (answer.StatusCode == HttpStatusCode.OK)
            return answer;
        int status = (int)answer.StatusCode;
        answer.Dispose();
        throw status is 404 or 401 or 403 ? unknown()
            : status == 429 ? new RegistryException(ErrorCode.TooManyRequests, "the upstream registry wants fewer requests")
            : new TareException(ErrorKind.Unavailable, string.Create(CultureInfo.InvariantCulture, $"the upstream registry {rule.Upstream.Authority} answers {status}"));
    }

    private string Name(string repository) => rule.Prefix.Length == 0 ? repository : repository[(rule.Prefix.Length + 1)..];
}
