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

    /// <summary>Sends the layer, compressed first when it is plain and may be; returns what was sent.</summary>
    public async Task<Descriptor> RunAsync(ContentLease lease, bool compress, CancellationToken cancel)
    {
        Descriptor blob = compress && _layer.MediaType is MediaTypes.OciLayer or MediaTypes.DockerLayer
            ? await CompressedLayers.EnsureAsync(_store, lease, _layer, _diffId, cancel) : _layer;
        _ = lease.TryUse(blob.Digest);
        Interlocked.Exchange(ref _total, blob.Size);
        IReadOnlyList<string> sources = PushPlan.Sources(_store, blob.Digest, _repository.Reference);
        BlobArrival arrival = await BlobPut.RunAsync(
            _repository, blob, sources, () => _store.Content.OpenRead(blob.Digest), sent => Interlocked.Exchange(ref _sent, sent), cancel);
        End(arrival switch
        {
            BlobArrival.Existed => "Layer already exists",
            BlobArrival.Mounted => $"Mounted from {sources[0]}",
            _ => "Pushed",
        });
        return blob;
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
