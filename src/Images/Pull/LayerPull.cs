using Tare.Errors;
using Tare.Images.Progress;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;
using Tare.Storage.Snapshots;

namespace Tare.Images.Pull;

/// <summary>One layer of an image that is pulled: its download, and its unpacking while that goes on. One pull's; not thread-safe but for the progress.</summary>
internal sealed class LayerPull(ImageStore store, Descriptor blob, Digest? parent, Digest diffId, LayerProgress progress) : IDisposable
{
    private BlobTransfer? _transfer;
    private Task<Snapshot>? _unpacking;

    private Digest ChainId => Oci.ChainId.Of(parent, diffId);

    /// <summary>Joins or begins the download of what is not here; the task is the download.</summary>
    public Task Begin(Func<PartialBlob, CancellationToken, Task> fetch)
    {
        bool here = store.Content.SizeOf(blob.Digest) == blob.Size;
        if (here && store.Snapshots.TryGet(ChainId, out _))
        {
            progress.Say("Already exists");
            return Task.CompletedTask;
        }
        progress.Say("Pulling fs layer");
        if (!here)
            _transfer = store.Transfers.Join(blob, fetch);
        progress.Follow(_transfer);
        return _transfer?.Completion ?? Task.CompletedTask;
    }

    /// <summary>Begins to unpack once bytes come; the layers below have begun.</summary>
    public async Task UnpackAsync(CancellationToken cancel)
    {
        if (store.Snapshots.TryGet(ChainId, out _) && _transfer is null)
            return;
        if (_transfer is not null)
            await _transfer.Started.WaitAsync(cancel);
        _unpacking = store.Snapshots.EnsureAsync(parent, diffId, Open, CancellationToken.None);
    }

    /// <summary>Ends when the layer is here, verified and unpacked.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        if (_transfer is not null)
        {
            await _transfer.Completion.WaitAsync(cancel);
            progress.Downloaded();
        }
        if (_unpacking is null)
            return;
        try
        {
            _ = await _unpacking.WaitAsync(cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is TareException { Kind: not ErrorKind.OutOfSpace } or OperationCanceledException)
        {
            // Another pull may have begun to unpack this layer from a download that it gave up; ours is complete.
            _ = await store.Snapshots.EnsureAsync(parent, diffId, () => store.Content.OpenRead(blob.Digest), cancel);
        }
        progress.Say("Pull complete");
    }

    /// <inheritdoc/>
    public void Dispose() => _transfer?.Dispose();

    private Stream Open() => progress.Count(_transfer?.Follow(store.Content) ?? store.Content.OpenRead(blob.Digest));
}
