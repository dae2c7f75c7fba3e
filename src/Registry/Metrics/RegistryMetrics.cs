using System.Collections.Concurrent;

namespace Tare.Registry.Metrics;

/// <summary>What a registry counts. Thread-safe.</summary>
internal sealed class RegistryMetrics
{
    private readonly ConcurrentDictionary<(string Method, int Status), long> _requests = new();
    private long _received, _sent, _tags, _manifests, _blobs, _uploads, _contents, _delivered, _undelivered, _hits, _misses;

    public IEnumerable<KeyValuePair<(string Method, int Status), long>> Requests => _requests;

    public long BytesReceived => Interlocked.Read(ref _received);

    public long BytesSent => Interlocked.Read(ref _sent);

    public long TagsCollected => Interlocked.Read(ref _tags);

    public long ManifestsCollected => Interlocked.Read(ref _manifests);

    public long BlobsCollected => Interlocked.Read(ref _blobs);

    public long UploadsCancelled => Interlocked.Read(ref _uploads);

    public long ContentsDeleted => Interlocked.Read(ref _contents);

    public long WebhooksDelivered => Interlocked.Read(ref _delivered);

    public long WebhooksLost => Interlocked.Read(ref _undelivered);

    public long CacheHits => Interlocked.Read(ref _hits);

    public long CacheMisses => Interlocked.Read(ref _misses);

    /// <summary>One request; a method that HTTP does not know would let strangers make series without end.</summary>
    public void Count(string method, int status) =>
        _ = _requests.AddOrUpdate((method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" ? method : "OTHER", status), 1, static (_, count) => count + 1);

    public void Received(long bytes) => Interlocked.Add(ref _received, bytes);

    public void Sent(long bytes) => Interlocked.Add(ref _sent, bytes);

    public void Swept(int contents) => Interlocked.Add(ref _contents, contents);

    public void Webhook(bool delivered) => _ = delivered ? Interlocked.Increment(ref _delivered) : Interlocked.Increment(ref _undelivered);

    public void Cache(bool hit) => _ = hit ? Interlocked.Increment(ref _hits) : Interlocked.Increment(ref _misses);

    public void Collected(int tags, int manifests, int blobs, int uploads)
    {
        _ = Interlocked.Add(ref _tags, tags);
        _ = Interlocked.Add(ref _manifests, manifests);
        _ = Interlocked.Add(ref _blobs, blobs);
        _ = Interlocked.Add(ref _uploads, uploads);
    }
}
