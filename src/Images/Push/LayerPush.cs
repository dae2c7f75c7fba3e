using Tare.Distribution.Repositories;
using Tare.Images.Progress;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Push;

/// <summary>One layer on its way to a registry; tells of itself as Docker's clients expect. The upload counts, a clock looks.</summary>
internal sealed class LayerPush
{
    private readonly ImageStore _store;
    private readonly Repository _repository;
    private readonly Descriptor _layer;
    private readonly Digest _diffId;
    private readonly Action<ImageProgress> _report;
    private readonly Lock _lock = new();
    private long _total;
    private long _sent;
    private long _shown;
    private bool _ended;

    public LayerPush(ImageStore store, Repository repository, Descriptor layer, Digest diffId, Action<ImageProgress> report)
    {
        (_store, _repository, _layer, _diffId, _report) = (store, repository, layer, diffId, report);
        _report(new ImageProgress(_diffId.Short, "Preparing"));
    }

    /// <summary>Brings the layer there; a plain one compressed, at a level when it may be. Returns what is there now.</summary>
    public async Task<Descriptor> RunAsync(ContentLease lease, int? level, CancellationToken cancel)
    {
        (Descriptor blob, BlobArrival arrival, string? source) = level is { } compressed && IsPlain
            ? await CompressedAsync(lease, compressed, cancel) : await BringAsync(lease, _layer, cancel);
        _store.Forms.Remember([(_diffId, blob)], _repository.Reference);
        End(arrival switch
        {
            BlobArrival.Existed => "Layer already exists",
            BlobArrival.Mounted => $"Mounted from {source}",
            _ => "Pushed",
        });
        return blob;
    }

    private bool IsPlain => _layer.MediaType is MediaTypes.OciLayer or MediaTypes.DockerLayer;

    /// <summary>A registry that has the compressed form, which need not be here any more, saves making and sending it.</summary>
    private async Task<(Descriptor Blob, BlobArrival Arrival, string? Source)> CompressedAsync(ContentLease lease, int level, CancellationToken cancel)
    {
        if (CompressedLayers.Known(_store, _layer, _diffId) is { } known)
        {
            if (lease.TryUse(known.Digest))
                return await BringAsync(lease, known, cancel);
            IReadOnlyList<string> sources = PushPlan.Sources(_store, known.Digest, _diffId, _repository.Reference);
            if (await BlobPut.ExistsAsync(_repository, known, cancel))
                return (known, BlobArrival.Existed, null);
            foreach (string source in sources)
            {
                if (await BlobPut.MountAsync(_repository, known, source, cancel))
                    return (known, BlobArrival.Mounted, source);
            }
        }
        Interlocked.Exchange(ref _total, _layer.Size);
        await using GrowingLayer made = CompressedLayers.Make(_store, lease, _layer, level, cancel);
        (Descriptor blob, BlobArrival arrival) = await GrowingBlobPut.RunAsync(_repository, made, sent => Interlocked.Exchange(ref _sent, sent), cancel);
        return (blob, arrival, null);
    }

    private async Task<(Descriptor Blob, BlobArrival Arrival, string? Source)> BringAsync(ContentLease lease, Descriptor blob, CancellationToken cancel)
    {
        _ = lease.TryUse(blob.Digest);
        Interlocked.Exchange(ref _total, blob.Size);
        IReadOnlyList<string> sources = PushPlan.Sources(_store, blob.Digest, _diffId, _repository.Reference);
        BlobArrival arrival = await BlobPut.RunAsync(
            _repository, blob, sources, () => _store.Content.OpenRead(blob.Digest), sent => Interlocked.Exchange(ref _sent, sent), cancel);
        return (blob, arrival, sources.Count > 0 ? sources[0] : null);
    }

    /// <summary>Called by a clock: says how far the upload is when that has changed.</summary>
    public void Look()
    {
        lock (_lock)
        {
            long sent = Interlocked.Read(ref _sent);
            if (_ended || sent <= 0 || sent == _shown)
                return;
            _shown = sent;
            _report(new ImageProgress(_diffId.Short, "Pushing", sent, Interlocked.Read(ref _total)));
        }
    }

    private void End(string status)
    {
        lock (_lock)
        {
            _ended = true;
            _report(new ImageProgress(_diffId.Short, status));
        }
    }
}
