using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Metadata;

namespace Tare.Images.Records;

/// <summary>The compressed form of a layer that was seen, by its diffID, and the repositories that have it.</summary>
internal sealed record LayerForm
{
    public required Descriptor Packed { get; init; }

    /// <summary>Names without tag, the latest first.</summary>
    public string[] Repositories { get; init; } = [];
}

/// <summary>
/// Which compressed blobs unpack to which layers, and where they are, as pulls and pushes have verified it; kept also when the blob is gone here, so that
/// a plain layer which a registry has need be neither compressed nor sent. Thread-safe.
/// </summary>
internal sealed class LayerForms(Database database)
{
    private const int MaxRows = 10_000;
    private const int MaxRepositories = 4;

    private readonly RecordTable _rows = database.Table("image_layer_forms");

    /// <summary>What is known of a layer, or null.</summary>
    public LayerForm? Find(Digest diffId) => _rows.TryGet(diffId.ToString(), ImageRecordJson.Default.LayerForm, out LayerForm? form) ? form : null;

    /// <summary>Says that these layers have these compressed forms, and that a repository has them when one is named; plain ones are passed over.</summary>
    public void Remember(IEnumerable<(Digest DiffId, Descriptor Blob)> layers, Reference? repository = null)
    {
        List<(Digest DiffId, Descriptor Blob)> packed = [.. layers.Where(l => l.Blob.MediaType is not (MediaTypes.OciLayer or MediaTypes.DockerLayer))];
        if (packed.Count == 0)
            return;
        using Transaction transaction = database.Begin();
        // A memory that can be lost: it costs a compression.
        if (_rows.Count() > MaxRows)
            _rows.All().ToList().ForEach(row => _rows.Delete(row.Key));
        foreach ((Digest diffId, Descriptor blob) in packed)
        {
            string[] known = Find(diffId) is { } before && before.Packed.Digest == blob.Digest ? before.Repositories : [];
            if (repository is not null)
                known = [.. known.Prepend(repository.Repository).Distinct().Take(MaxRepositories)];
            _rows.Put(diffId.ToString(), new LayerForm { Packed = blob, Repositories = known }, ImageRecordJson.Default.LayerForm);
        }
        transaction.Commit();
    }
}
