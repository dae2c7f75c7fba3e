using Tare.Oci;

namespace Tare.Storage.Content;

/// <summary>
/// A holder of blobs while an operation works with them, before any record names them. Writes go through it; disposing lets the collector have
/// what nothing else names. One thread at a time.
/// </summary>
public sealed class ContentLease : IDisposable
{
    private readonly ContentStore _store;
    private readonly HashSet<Digest> _digests = [];

    internal ContentLease(ContentStore store) => _store = store;

    /// <summary>The blobs written or used through this lease.</summary>
    public IReadOnlyCollection<Digest> Digests => _digests;

    /// <summary>Starts a blob of unknown digest.</summary>
    public IngestStream Ingest() => new(_store, this);

    /// <summary>Begins a blob whose digest is known, or goes on where an earlier writer of it stopped.</summary>
    public PartialBlob Resume(Digest digest, long size) => _store.OpenPartial(digest, size, this);

    /// <summary>Stores a small blob.</summary>
    public Digest Write(ReadOnlySpan<byte> content)
    {
        using IngestStream ingest = Ingest();
        ingest.Write(content);
        return ingest.Commit();
    }

    /// <summary>
    /// Moves a complete file, whose content the caller has verified, into the store under its digest. The file is on the store's file system; it is
    /// gone afterwards, also when the store had the blob already.
    /// </summary>
    public void Adopt(string file, Digest digest) => _store.Publish(file, digest, this);

    /// <summary>Protects a blob that is there already; false when it is not.</summary>
    public bool TryUse(Digest digest)
    {
        _store.Protect(digest, this);
        return _store.Contains(digest);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Unprotect(_digests);
        _digests.Clear();
    }

    internal bool Add(Digest digest) => _digests.Add(digest);
}
