using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;
using Tare.Errors;
using Tare.Oci;
using Tare.Registry.Blobs;
using Tare.Registry.Protocol;
using Tare.Registry.Uploads;
using Tare.Storage.Content;

namespace Tare.Registry.Proxy;

/// <summary>
/// One blob on its way from an upstream registry into the store. Any number of clients read what has arrived while the rest comes; the last bytes are held back
/// until the digest is right, so nobody gets a whole blob that is wrong. A client that goes does not end it. Thread-safe.
/// </summary>
internal sealed class BlobFetch(string repository, Digest digest, RegistryParts parts, Func<string, Digest, CancellationToken, Task<HttpResponseMessage>> open)
{
    private const int BufferSize = 128 * 1024;
    private const int HeldBack = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource<(long Size, string File)> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _arrived;
    private int _started;

    /// <summary>Begins the transfer, once.</summary>
    public void Start(Action ended)
    {
        if (Interlocked.Exchange(ref _started, 1) == 1)
            return;
        _ = Task.Run(async () =>
        {
            try
            {
                await TransferAsync();
                _ = _done.TrySetResult();
            }
            catch (Exception error)
            {
                Exception told = error is RegistryException or TareException ? error : new TareException(ErrorKind.Unavailable, "fetch a blob from the upstream registry", error);
                _ = _head.TrySetException(told);
                _ = _done.TrySetException(told);
                // Nobody may be waiting.
                _ = _head.Task.Exception;
                _ = _done.Task.Exception;
            }
            ended();
            Signal();
        });
    }

    /// <summary>Answers one client.</summary>
    public async Task ServeAsync(RegistryCall call)
    {
        (long size, string path) = await _head.Task.WaitAsync(call.Aborted);
        SafeFileHandle? file = call.Request.Headers.Range.Count > 0 ? null : TryOpen(path);
        if (file is null)
        {
            // Done in the meantime, or a range, for which the whole is awaited.
            await _done.Task.WaitAsync(call.Aborted);
            await BlobGet.AnswerAsync(call, digest, size);
            return;
        }
        using (file)
        {
            BlobGet.SetHeaders(call, digest);
            call.Response.ContentLength = size;
            await CopyAsync(call, file, size);
        }
    }

    private async Task CopyAsync(RegistryCall call, SafeFileHandle file, long size)
    {
        PipeWriter body = call.Response.BodyWriter;
        for (long sent = 0; sent < size;)
        {
            Task more = Volatile.Read(ref _more).Task;
            long available = _done.Task.IsCompletedSuccessfully ? size : Math.Min(Volatile.Read(ref _arrived), size - HeldBack);
            if (available <= sent)
            {
                if (_done.Task.IsFaulted)
                    await _done.Task;
                if (!_done.Task.IsCompleted)
                    await more.WaitAsync(call.Aborted);
                continue;
            }
            Memory<byte> memory = body.GetMemory(BufferSize);
            int read = await RandomAccess.ReadAsync(file, memory[..(int)Math.Min(memory.Length, available - sent)], sent, call.Aborted);
            if (read == 0)
                throw new IOException("a blob that is being fetched has become shorter");
            body.Advance(read);
            sent += read;
            if ((await body.FlushAsync(call.Aborted)).IsCompleted)
                return;
        }
        call.Parts.Metrics.Sent(size);
    }

    private async Task TransferAsync()
    {
        using HttpResponseMessage answer = await open(repository, digest, CancellationToken.None);
        long size = answer.Content.Headers.ContentLength ?? throw new TareException(ErrorKind.Unavailable, "the upstream registry does not say how long a blob is");
        if (size > parts.Quotas.RoomOf(repository, parts.Repositories))
            throw new RegistryException(ErrorCode.Denied, "quota exceeded: the cache has no room for this blob");
        using UploadStore.Taken taken = parts.Uploads.Start(repository, digest.Algorithm);
        Upload upload = taken.Upload;
        try
        {
            using Stream body = await answer.Content.ReadAsStreamAsync();
            await ReceiveAsync(body, upload, size);
            upload.Verify(digest);
            using ContentLease lease = parts.Content.Lease();
            parts.Uploads.Commit(upload, digest, lease);
            parts.Repositories.LinkBlob(repository, digest, size, bytes => parts.Quotas.Admit(repository, bytes, parts.Repositories));
        }
        catch
        {
            if (!upload.IsOver)
                parts.Uploads.Cancel(upload);
            throw;
        }
    }

    private async Task ReceiveAsync(Stream body, Upload upload, long size)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using SafeFileHandle file = File.OpenHandle(upload.File, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            _ = _head.TrySetResult((size, upload.File));
            while (true)
            {
                using var limit = new CancellationTokenSource(Patience);
                int read = await body.ReadAsync(buffer, limit.Token);
                if (read == 0)
                    break;
                if (upload.Length + read > size)
                    throw new TareException(ErrorKind.Unavailable, "the upstream registry sends more than it said");
                upload.Append(file, buffer.AsSpan(0, read));
                Volatile.Write(ref _arrived, upload.Length);
                Signal();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (upload.Length != size)
            throw new TareException(ErrorKind.Unavailable, $"the upstream registry sent {upload.Length} of {size} bytes");
    }

    private void Signal() => Interlocked.Exchange(ref _more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
