using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Tare.Registry.Transport;

/// <summary>
/// What HTTP writes to a connection: bytes in a pooled buffer, and, while a file is being sent, lengths that stand for bytes of the file. Used by one
/// request at a time.
/// </summary>
internal sealed class ConnectionOutput(Stream stream, Socket? plain, CancellationTokenSource closed) : PipeWriter, IFileSender, IDisposable
{
    private const int BufferSize = 32 * 1024;

    /// <summary>Handed out while a file is sent; nobody reads it, so all connections share it.</summary>
    private static readonly byte[] Placeholder = new byte[4 << 20];

    private byte[]? _buffer;
    private int _used;
    private FileStream? _file;
    private long _fileOffset;
    private long _fileLeft;
    private long _filePending;
    private FileSend? _send;
    private volatile bool _cancelled;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _used + _filePending;

    public void Begin(SafeFileHandle file, long offset, long length)
    {
        _file = new FileStream(file, FileAccess.Read, bufferSize: 0, isAsync: true);
        _fileOffset = offset;
        _fileLeft = length;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_fileLeft > _filePending)
            return Placeholder.AsMemory(0, (int)Math.Min(_fileLeft - _filePending, Placeholder.Length));
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_used);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_fileLeft > _filePending)
            _filePending += bytes;
        else
            _used += bytes;
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_cancelled)
        {
            _cancelled = false;
            return new FlushResult(isCanceled: true, isCompleted: false);
        }
        try
        {
            if (_filePending > 0)
                await SendFileAsync();
            else if (_used > 0)
                await stream.WriteAsync(_buffer.AsMemory(0, _used), closed.Token);
            Release();
            return new FlushResult(isCanceled: false, isCompleted: false);
        }
        catch (Exception)
        {
            // Whatever it is, the connection cannot be used any more; the server learns it by the token and the result.
            await closed.CancelAsync();
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
    }

    public override void CancelPendingFlush() => _cancelled = true;

    public override void Complete(Exception? exception = null) => Release();

    public void Dispose()
    {
        Release();
        _send?.Dispose();
    }

    private async Task SendFileAsync()
    {
        // What was buffered before the file, the headers, goes in the same call.
        _send ??= new FileSend(plain!);
        await _send.SendAsync(_buffer.AsMemory(0, _used), _file!, _fileOffset, _filePending);
        _fileOffset += _filePending;
        _fileLeft -= _filePending;
        _filePending = 0;
        _used = 0;
        if (_fileLeft == 0)
        {
            await _file!.DisposeAsync();
            _file = null;
        }
    }

    private void Reserve(int bytes)
    {
        if (_buffer is not null && _buffer.Length - _used >= bytes)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BufferSize, _used + bytes));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _used = 0;
    }
}
