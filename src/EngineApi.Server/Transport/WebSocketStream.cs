using System.Net.WebSockets;

namespace Tare.EngineApi.Server.Transport;

/// <summary>
/// A websocket (RFC 6455) on a hijacked connection, as a stream of bytes: each write is a message, reading gives what messages hold. A close frame of the
/// client's ends its side only; ours follows when the stream is disposed.
/// </summary>
public sealed class WebSocketStream : AsyncStream
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly HijackedStream _wire;
    private readonly WebSocket _socket;
    private readonly WebSocketMessageType _type;

    internal WebSocketStream(HijackedStream wire, bool binary)
    {
        _wire = wire;
        _socket = WebSocket.CreateFromStream(wire, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
        _type = binary ? WebSocketMessageType.Binary : WebSocketMessageType.Text;
    }

    /// <inheritdoc cref="HijackedStream.ClientGone"/>
    public CancellationToken ClientGone => _wire.ClientGone;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                // A receive that is cancelled ends the whole websocket, and nothing could be said any more: only the wait for it is.
                ValueWebSocketReceiveResult result = await _socket.ReceiveAsync(buffer, CancellationToken.None).AsTask().WaitAsync(cancellationToken);
                if (result.MessageType == WebSocketMessageType.Close)
                    return 0;
                // An empty message says nothing; the stream's end would.
                if (result.Count > 0)
                    return result.Count;
            }
        }
        catch (WebSocketException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _socket.SendAsync(buffer, _type, endOfMessage: true, cancellationToken);
        }
        catch (WebSocketException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Says goodbye, when anybody still listens, and ends the connection.</summary>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception error) when (error is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client was faster.
        }
        _socket.Dispose();
        await _wire.DisposeAsync();
        await base.DisposeAsync();
    }
}
