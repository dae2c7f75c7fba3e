using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Tare.Errors;

namespace Tare.Registry.Transport;

/// <summary>Accepts connections on one TCP address for Kestrel. TLS handshakes run beside each other and have a time limit.</summary>
internal sealed class RegistryListener : IConnectionListener
{
    private const int Backlog = 512;
    private const int MaxHandshakes = 256;
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(64);
    private readonly SemaphoreSlim _handshakes = new(MaxHandshakes);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private long _count;

    private RegistryListener(Socket socket, SslServerAuthenticationOptions? tls)
    {
        _socket = socket;
        _tls = tls;
        _accepting = Task.Run(AcceptAllAsync);
    }

    public EndPoint EndPoint => _socket.LocalEndPoint!;

    /// <summary>Listens; a certificate's options make it TLS.</summary>
    public static RegistryListener Listen(EndPoint address, SslServerAuthenticationOptions? tls)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(address);
            socket.Listen(Backlog);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw TareException.Internal($"listen on {address} for the registry", error);
        }
        return new RegistryListener(socket, tls);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out ConnectionContext? connection) ? connection : null;

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        while (_accepted.Reader.TryRead(out ConnectionContext? waiting))
            await waiting.DisposeAsync();
    }

    private async Task AcceptAllAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _socket.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                if (_tls is null)
                    await OfferAsync(new RegistryConnection(socket, new SocketStream(socket), isPlain: true, NextId()));
                else
                    await BeginHandshakeAsync(socket);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            catch (SocketException)
            {
                // One client's failure, or no descriptor free: give others the time to close some.
                await Task.Delay(10);
            }
        }
        _ = _accepted.Writer.TryComplete();
    }

    private async Task BeginHandshakeAsync(Socket socket)
    {
        await _handshakes.WaitAsync(_stop.Token);
        _ = Task.Run(async () =>
        {
            var tls = new SslStream(new SocketStream(socket), leaveInnerStreamOpen: false);
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(HandshakePatience);
                await tls.AuthenticateAsServerAsync(_tls!, limit.Token);
                await OfferAsync(new RegistryConnection(socket, tls, isPlain: false, NextId()));
            }
            catch (Exception)
            {
                // Whatever a client sends instead of a handshake concerns nobody else.
                await tls.DisposeAsync();
                socket.Dispose();
            }
            finally
            {
                _ = _handshakes.Release();
            }
        });
    }

    private async Task OfferAsync(RegistryConnection connection)
    {
        try
        {
            await _accepted.Writer.WriteAsync(connection, _stop.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            await connection.DisposeAsync();
        }
    }

    private string NextId() => Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
}

/// <summary>Gives Kestrel the listener that is bound already.</summary>
internal sealed class RegistryListenerFactory(RegistryListener listener) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(listener);
}
