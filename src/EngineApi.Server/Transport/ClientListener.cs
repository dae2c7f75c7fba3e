using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Tare.EngineApi.Server.Transport;

/// <summary>Accepts connections on one listening socket for Kestrel.</summary>
internal sealed class ClientListener(ListeningSocket listening) : IConnectionListener
{
    private static long _accepted;
    private bool _closed;

    public EndPoint EndPoint => listening;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (!_closed)
        {
            try
            {
                Socket socket = await listening.Socket.AcceptAsync(cancellationToken);
                if (socket.AddressFamily != AddressFamily.Unix)
                    socket.NoDelay = true;
                return new ClientConnection(socket, Interlocked.Increment(ref _accepted).ToString(CultureInfo.InvariantCulture), listening.Identity);
            }
            catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException)
            {
                return null;
            }
            catch (SocketException) when (_closed)
            {
                return null;
            }
            catch (SocketException)
            {
                // One client's failure, or no descriptor free: give others the time to close some.
                await Task.Delay(10, cancellationToken);
            }
        }
        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _closed = true;
        listening.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}

/// <summary>Gives Kestrel listeners for sockets that are bound already.</summary>
internal sealed class ClientListenerFactory : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new ClientListener((ListeningSocket)endpoint));
}
