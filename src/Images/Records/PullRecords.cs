using Tare.Oci;
using Tare.Storage.Metadata;

namespace Tare.Images.Records;

/// <summary>What a pull has begun to fetch; kept so that a pull that was broken, even by the engine's end, need not fetch it again.</summary>
internal sealed record PullRecord
{
    public required Digest[] Digests { get; init; }
    public Digest[]? Chains { get; init; }
    public DateTimeOffset Begun { get; init; }
}

/// <summary>The pulls that have not ended well, for a day. Thread-safe.</summary>
internal sealed class PullRecords(Database database)
{
    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    private readonly RecordTable _rows = database.Table("image_pulls");

    /// <summary>Says what a pull fetches: blobs and, once they are known, the chains of its layers.</summary>
    public void Begin(Reference reference, Digest[] digests, IEnumerable<Digest>? chains = null) => _rows.Put(
        reference.ToString(), new PullRecord { Digests = digests, Chains = chains?.ToArray(), Begun = DateTimeOffset.UtcNow }, ImageRecordJson.Default.PullRecord);

    public void End(Reference reference) => _rows.Delete(reference.ToString());

    /// <summary>Forgets them all: what they have brought is not wanted any more.</summary>
    public void Clear()
    {
        foreach ((string key, _) in _rows.All())
            _ = _rows.Delete(key);
    }

    /// <summary>Blobs that must be kept for pulls that may be gone on with.</summary>
    public IEnumerable<Digest> Needed() => Live().SelectMany(r => r.Digests);

    /// <summary>Chains of layers that must be kept likewise.</summary>
    public IEnumerable<Digest> Chains() => Live().SelectMany(r => r.Chains ?? []);

    private IEnumerable<PullRecord> Live()
    {
        foreach ((string key, PullRecord record) in _rows.All(ImageRecordJson.Default.PullRecord))
        {
            if (record.Begun < DateTimeOffset.UtcNow - Age)
                _ = _rows.Delete(key);
            else
                yield return record;
        }
    }
}
