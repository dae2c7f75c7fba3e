using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Pull;

/// <summary>
/// The downloads of an engine: one for each blob however many pulls want it, a bounded number at a time. A download ends when the last pull that wants
/// it has left. Thread-safe.
/// </summary>
#pragma warning disable CA1001 // The semaphore holds nothing: its wait handle is never asked for.
internal sealed class BlobTransfers(ContentStore content, int atATime)
#pragma warning restore CA1001
{
    private readonly Dictionary<Digest, BlobTransfer> _running = [];
    private readonly SemaphoreSlim _places = new(atATime);
    private readonly Lock _lock = new();

    /// <summary>Joins the download of a blob, or begins it with <paramref name="fetch"/>.</summary>
    public BlobTransfer Join(Descriptor blob, Func<PartialBlob, CancellationToken, Task> fetch)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(blob.Digest, out BlobTransfer? running) && running.TryJoin())
                return running;
            var transfer = new BlobTransfer(blob);
            _running[blob.Digest] = transfer;
            transfer.Begin(RunAsync(transfer, fetch));
            return transfer;
        }
    }

    private async Task RunAsync(BlobTransfer transfer, Func<PartialBlob, CancellationToken, Task> fetch)
    {
        // Not on the caller's stack, which holds the lock.
        await Task.Yield();
        CancellationToken cancel = transfer.Cancelled;
        using ContentLease lease = content.Lease();
        try
        {
            await _places.WaitAsync(cancel);
            try
            {
                await FetchAsync(transfer, lease, fetch, cancel);
            }
            finally
            {
                _ = _places.Release();
            }
        }
        catch (Exception e)
        {
            transfer.Refuse(e);
            throw;
        }
        finally
        {
            lock (_lock)
            {
                if (_running.GetValueOrDefault(transfer.Blob.Digest) == transfer)
                    _ = _running.Remove(transfer.Blob.Digest);
            }
        }
    }

    private async Task FetchAsync(BlobTransfer transfer, ContentLease lease, Func<PartialBlob, CancellationToken, Task> fetch, CancellationToken cancel)
    {
        // An earlier download that is being given up may still have the file.
        PartialBlob partial;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                partial = lease.Resume(transfer.Blob.Digest, transfer.Blob.Size);
                break;
            }
            catch (Errors.TareException e) when (e.Kind == Errors.ErrorKind.Conflict && attempt < 100)
            {
                await Task.Delay(50, cancel);
            }
        }
        using PartialBlob blob = partial;
        transfer.Open(blob);
        try
        {
            await fetch(blob, cancel);
            blob.Commit();
        }
        catch (Exception e)
        {
            blob.Fail(e);
            throw;
        }
    }
}

/// <summary>One download; each pull that has joined it leaves by disposing once. Thread-safe.</summary>
internal sealed class BlobTransfer(Descriptor blob) : IDisposable
{
    private readonly TaskCompletionSource<PartialBlob> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel = new();
    private readonly Lock _lock = new();
    private int _users = 1;

    /// <summary>What is downloaded.</summary>
    public Descriptor Blob => blob;

    /// <summary>Ends when the blob is verified and in the store.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Ends when the download has begun.</summary>
    public Task Started => _opened.Task;

    /// <summary>Bytes that are there.</summary>
    public long Count => _opened.Task.IsCompletedSuccessfully ? _opened.Task.Result.Count : 0;

    internal CancellationToken Cancelled => _cancel.Token;

    /// <summary>The content as it comes, or from the store when it has all come.</summary>
    public Stream Follow(ContentStore content) =>
        Completion.IsCompletedSuccessfully ? content.OpenRead(blob.Digest) : _opened.Task.GetAwaiter().GetResult().Follow();

    internal bool TryJoin()
    {
        lock (_lock)
        {
            if (_users == 0 || Completion.IsCompleted)
                return false;
            _users++;
            return true;
        }
    }

    internal void Begin(Task completion)
    {
        Completion = completion;
        // Whoever waits sees the failure; when nobody waits any more it is of no interest.
        _ = completion.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    internal void Open(PartialBlob partial) => _ = _opened.TrySetResult(partial);

    internal void Refuse(Exception e)
    {
        if (_opened.TrySetException(e))
            _ = _opened.Task.Exception;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (--_users > 0)
                return;
        }
        _cancel.Cancel();
        _ = Completion.ContinueWith(_ => _cancel.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
