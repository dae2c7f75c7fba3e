using Tare.Archive.Compression;
using Tare.Images.Pull;
using Tare.Oci.Image;

namespace Tare.Images.Progress;

/// <summary>
/// Tells of one layer, in the order that Docker's clients expect, never going back: waiting, downloading, extracting, done. The layer's threads report
/// and a clock looks at the counts. Thread-safe.
/// </summary>
internal sealed class LayerProgress(Descriptor blob, Action<ImageProgress> report)
{
    private readonly Lock _lock = new();
    private BlobTransfer? _transfer;
    private long _shown = -1;
    private long _unpacked;
    private bool _waiting;
    private bool _downloaded;
    private bool _ended;

    private string Id => blob.Digest.Short;

    /// <summary>Says a status that does not count; "Pull complete" and "Already exists" are the last.</summary>
    public void Say(string status)
    {
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = status is "Pull complete" or "Already exists";
            report(new ImageProgress(Id, status));
        }
    }

    /// <summary>The download to look at; null when the layer's blob is here.</summary>
    public void Follow(BlobTransfer? transfer)
    {
        lock (_lock)
        {
            _transfer = transfer;
            _downloaded = transfer is null;
        }
    }

    /// <summary>The download has ended well.</summary>
    public void Downloaded()
    {
        lock (_lock)
        {
            if (_downloaded || _ended)
                return;
            _downloaded = true;
            _shown = -1;
            report(new ImageProgress(Id, "Verifying Checksum"));
            report(new ImageProgress(Id, "Download complete"));
        }
    }

    /// <summary>Counts what is read of the layer while it is unpacked.</summary>
    public Stream Count(Stream layer) => new Counted(this, layer);

    /// <summary>Called by a clock: says how far the layer is when that has changed.</summary>
    public void Look()
    {
        if (_transfer is { Completion.IsCompletedSuccessfully: true })
            Downloaded();
        lock (_lock)
        {
            if (_ended)
                return;
            if (_downloaded)
                Show("Extracting", Interlocked.Read(ref _unpacked));
            else if (_transfer is { Started.IsCompletedSuccessfully: true } transfer)
                Show("Downloading", transfer.Count);
            else if (!_waiting)
                Wait();
        }
    }

    private void Wait()
    {
        _waiting = true;
        report(new ImageProgress(Id, "Waiting"));
    }

    private void Show(string status, long count)
    {
        if (count <= 0 || count == _shown)
            return;
        _shown = count;
        report(new ImageProgress(Id, status, Math.Min(count, blob.Size), blob.Size));
    }

    private sealed class Counted(LayerProgress progress, Stream layer) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            int read = layer.Read(buffer);
            _ = Interlocked.Add(ref progress._unpacked, read);
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                layer.Dispose();
            base.Dispose(disposing);
        }
    }
}
