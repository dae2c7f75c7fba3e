using System.Net.Sockets;

namespace Tare.EngineApi.Server.Transport;

/// <summary>A socket as a stream that remembers when the client is gone, cancels for everybody who wants to know, and then ignores writes.</summary>
internal sealed class SocketStream(Socket socket, CancellationTokenSource closed) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Tells everybody that the client is gone.</summary>
    public void Cancel()
    {
        try
        {
            closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Cancel();
            return 0;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (buffer.Length > 0)
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Cancel();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
