using System.Net.Sockets;

namespace Tare.EngineApi.Server.Transport;

/// <summary>A socket as a stream that remembers when the client is gone, cancels for everybody who wants to know, and then ignores writes.</summary>
internal sealed class SocketStream(Socket socket, CancellationTokenSource closed) : AsyncStream
{
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

    /// <inheritdoc/>
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

    /// <inheritdoc/>
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
}
