using Microsoft.Win32.SafeHandles;
using Tare.Archive.Compression;
using Tare.Distribution.Repositories;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Push;

/// <summary>
/// A layer that is being compressed into the store, on a thread of its own; what has come so far can be read from its file, as often as is needed. Disposing
/// stops it and waits for its end. Thread-safe.
/// </summary>
internal sealed class GrowingLayer : IGrowingBlob, IAsyncDisposable
{
    private readonly SafeFileHandle _file;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _lock = new();
    private long _count;
    private TaskCompletionSource _grown = New();

    private GrowingLayer(Stream plain, IngestStream ingest, string mediaType, int level, CancellationToken cancel)
    {
        _file = ingest.OpenHandle();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Whole = Task.Factory.StartNew(() => Compress(plain, ingest, mediaType, level), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Begins; both streams are the layer's own from here on.</summary>
    public static GrowingLayer Compress(Stream plain, IngestStream ingest, string mediaType, int level, CancellationToken cancel) =>
        new(plain, ingest, mediaType, level, cancel);

    /// <inheritdoc/>
    public Task<Descriptor> Whole { get; }

    /// <inheritdoc/>
    public async Task ReachAsync(long bytes, CancellationToken cancel)
    {
        while (true)
        {
            Task grown;
            lock (_lock)
            {
                if (_count >= bytes)
                    return;
                grown = _grown.Task;
            }
            if (await Task.WhenAny(grown, Whole).WaitAsync(cancel) == Whole)
                return;
        }
    }

    /// <inheritdoc/>
    public Stream Open() => new Reader(this);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Whole.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
        _file.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Descriptor Compress(Stream plain, IngestStream ingest, string mediaType, int level)
    {
        using (plain)
        using (ingest)
        {
            BlockGzip.Compress(plain, ingest, level, () => Grow(ingest.Count), _stop.Token);
            long size = ingest.Count;
            return new Descriptor { MediaType = mediaType, Digest = ingest.Commit(), Size = size };
        }
    }

    private void Grow(long count)
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            _count = count;
            (grown, _grown) = (_grown, New());
        }
        grown.SetResult();
    }

    /// <summary>Reads the file and waits at its end while there is more to come.</summary>
    private sealed class Reader(GrowingLayer layer) : ReadOnlyStream
    {
        public override long Position { get; set; }

        public override bool CanSeek => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = RandomAccess.Read(layer._file, buffer.Span, Position);
            if (read == 0)
            {
                await layer.ReachAsync(Position + 1, cancellationToken);
                if (layer.Whole is { IsCompleted: true, IsCompletedSuccessfully: false })
                    throw new IOException("the layer could not be compressed");
                read = RandomAccess.Read(layer._file, buffer.Span, Position);
            }
            Position += read;
            return read;
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException("asynchronous reads only");
    }
}
