using System.Collections.Concurrent;
using Tare.Oci;
using Tare.Registry.Metrics;
using Tare.Registry.Repositories;
using Tare.Registry.Uploads;
using Tare.Storage.Content;

namespace Tare.Registry.Collection;

/// <summary>
/// Removes what nobody needs while pushes and pulls go on. No blob is lost: a manifest's needs are checked and recorded in one transaction, a blob is taken
/// from its repository in another that sees both, and content is deleted only when neither a lease nor a record claims it. Thread-safe.
/// </summary>
internal sealed class Collector(RepositoryStore repositories, UploadStore uploads, ContentStore content, CollectionOptions options, RegistryMetrics metrics, Action<string> log)
    : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _touched = new(StringComparer.Ordinal);

    /// <summary>What was touched before a restart is not known, so at first everything counts as touched at the start.</summary>
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _running = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>A client was told that the blob is there: it may build a manifest on that.</summary>
    public void Touch(string repository, Digest digest) => _touched[$"{repository} {digest}"] = DateTimeOffset.UtcNow;

    /// <summary>The client was told after all that it is not.</summary>
    public void Untouch(string repository, Digest digest) => _touched.TryRemove($"{repository} {digest}", out _);

    /// <summary>Something was deleted: its content goes now when it was the last.</summary>
    public void Release(Digest digest)
    {
        if (content.Delete(digest))
            metrics.Swept(1);
    }

    /// <summary>Runs from time to time until disposed.</summary>
    public void Start()
    {
        if (options.Interval > TimeSpan.Zero)
            _loop = Task.Run(LoopAsync);
    }

    /// <summary>One run.</summary>
    public void Run()
    {
        lock (_running)
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            int cancelled = uploads.CancelIdle(options.UploadAge);
            int tags = 0, manifests = 0, blobs = 0;
            foreach ((string repository, _) in repositories.Repositories())
            {
                if (options.Retention.FirstOrDefault(rule => rule.Repositories.Matches(repository)) is { } rule)
                {
                    (int t, int m) = Retention.Apply(rule, repository, repositories, now);
                    (tags, manifests) = (tags + t, manifests + m);
                }
                blobs += UnlinkUnneeded(repository);
                _ = repositories.DeleteEmpty(repository);
            }
            foreach ((string key, DateTimeOffset at) in _touched)
            {
                if (now - at > options.Grace)
                    _ = _touched.TryRemove(new KeyValuePair<string, DateTimeOffset>(key, at));
            }
            int swept = Sweep();
            metrics.Collected(tags, manifests, blobs, cancelled);
            metrics.Swept(swept);
            if (tags + manifests + blobs + cancelled + swept > 0)
                log($"collected {tags} tags, {manifests} manifests, {blobs} blobs, {swept} contents, {cancelled} uploads");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private int UnlinkUnneeded(string repository)
    {
        int unlinked = 0;
        foreach ((string text, BlobRecord blob) in repositories.Blobs(repository))
        {
            var digest = Digest.Parse(text);
            if (!IsSpared() && repositories.UnlinkBlob(repository, digest, unless: IsSpared))
                unlinked++;

            bool IsSpared() => DateTimeOffset.UtcNow - LastUse(repository, digest, blob) <= options.Grace || repositories.IsNeeded(repository, digest);
        }
        return unlinked;
    }

    private DateTimeOffset LastUse(string repository, Digest digest, BlobRecord blob)
    {
        // The record is read anew: the blob may have been pushed again since the list was made.
        DateTimeOffset linked = repositories.TryGetBlob(repository, digest, out BlobRecord? current) ? current.Linked : blob.Linked;
        DateTimeOffset floor = options.Grace > TimeSpan.Zero ? _started : DateTimeOffset.MinValue;
        DateTimeOffset touched = _touched.GetValueOrDefault($"{repository} {digest}", floor);
        return linked > touched ? linked : touched;
    }

    /// <summary>An engine that shares the store keeps its images' blobs by a claim of its own.</summary>
    private int Sweep() => content.All().Count(digest => !repositories.Claims(digest) && content.Delete(digest));

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.Interval, _stop.Token);
                try
                {
                    Run();
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    log($"the collector failed and will try again: {error.Message}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The registry ends.
        }
    }
}
