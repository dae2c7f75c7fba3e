using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Tare.EngineApi.Server.Transport;

/// <summary>
/// One accepted socket. It is read only when the server or a handler asks for bytes, so that the end of a client's input is an end of file and
/// nothing more: the client may have closed its sending side and still wait for output. Used by one request at a time.
/// </summary>
internal sealed class ClientConnection : DefaultConnectionContext, IClientConnection, IDuplexPipe
{
    private static readonly TimeSpan HangUpInterval = TimeSpan.FromSeconds(2);

    // Archives go through here; a quiet connection holds no buffer.
    private const int BufferSize = 64 * 1024;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _closed = new();
    private readonly SocketStream _stream;
    private readonly TlsStream? _tls;
    private readonly PipeReader _input;
    private readonly HttpInput _httpInput;
    private ClientPeer? _peer;

    public ClientConnection(Socket socket, string id, TlsIdentity? identity = null) : base(id)
    {
        _socket = socket;
        _stream = new SocketStream(socket, _closed);
        _tls = identity is null ? null : new TlsStream(_stream, identity, RemoteOf(socket)?.ToString() ?? "");
        _input = PipeReader.Create(Wire, new StreamPipeReaderOptions(bufferSize: BufferSize, minimumReadSize: BufferSize / 4, leaveOpen: true, useZeroByteReads: _tls is null));
        _httpInput = new HttpInput(_input);
        Output = PipeWriter.Create(Wire, new StreamPipeWriterOptions(minimumBufferSize: BufferSize, leaveOpen: true));
        Transport = this;
        // Cancelled when a write fails or the connection is aborted, not when the client merely ends its sending side.
        ConnectionClosed = _closed.Token;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = RemoteOf(socket);
        Features.Set<IClientConnection>(this);
    }

    /// <inheritdoc/>
    public bool IsHijacked { get; private set; }

    /// <inheritdoc/>
    public ClientPeer Peer => _peer ??= ClientPeer.Of(_socket, _tls);

    public PipeReader Input => _httpInput;

    public PipeWriter Output { get; }

    /// <inheritdoc/>
    public HijackedStream Hijack()
    {
        IsHijacked = true;
        _httpInput.Close();
        _ = WatchForHangUpAsync();
        return new HijackedStream(_input, Wire, _socket, _closed.Token);
    }

    /// <summary>
    /// A client that is gone is noticed by writing to it, but a silent process may never say anything: then the stream, here and in the keeper, would
    /// stay for as long as the process does.
    /// </summary>
    private async Task WatchForHangUpAsync()
    {
        try
        {
            await WaitForHangUpAsync(_closed.Token);
            _stream.Cancel();
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The conversation has ended in order.
            return;
        }
    }

    private async Task WaitForHangUpAsync(CancellationToken cancellation)
    {
        do
            await Task.Delay(HangUpInterval, cancellation);
        while (!Linux.Poll.IsHungUp(_socket.SafeHandle));
    }

    /// <inheritdoc/>
    public async Task WaitForClientGoneAsync(CancellationToken cancellation)
    {
        if (_tls is not null)
        {
            await WaitForCloseNotifyAsync(cancellation);
            return;
        }
        try
        {
            // A receive of nothing completes when there are bytes, an end of file, or an error, and now and then for no reason: an old event of
            // the same socket. Only a socket that is readable and has nothing to read is at its end.
            do
                _ = await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation);
            while (!_socket.Poll(0, SelectMode.SelectRead));
            // Bytes that nobody will read stand before the end.
            if (_socket.Available > 0)
                await WaitForHangUpAsync(cancellation);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // A reset is a client gone as well.
        }
    }

    /// <summary>Inside TLS an end is a record like others: it has to be read. What a client sends beside stays for whoever reads next.</summary>
    private async Task WaitForCloseNotifyAsync(CancellationToken cancellation)
    {
        ReadResult result = await _input.ReadAsync(cancellation);
        _input.AdvanceTo(result.Buffer.Start);
        if (!result.IsCompleted)
            await WaitForHangUpAsync(cancellation);
    }

    /// <summary>Kestrel aborts when a handler gave up on the response; a hijacked connection belongs to its handler and ends in order.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (IsHijacked)
            return;
        _stream.Cancel();
        _socket.Close(timeout: 0);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_tls is not null)
            await _tls.EndAsync();
        if (!_closed.IsCancellationRequested)
            Shutdown();
        await _input.CompleteAsync();
        DrainInput();
        if (_tls is not null)
            await _tls.DisposeAsync();
        _socket.Dispose();
        _stream.Cancel();
        await base.DisposeAsync();
    }

    private Stream Wire => _tls is null ? _stream : _tls;

    private void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The client was faster.
        }
        catch (ObjectDisposedException)
        {
            // Aborted meanwhile.
        }
    }

    /// <summary>Bytes that nobody read would turn the client's end of file into a reset.</summary>
    private void DrainInput()
    {
        Span<byte> scratch = stackalloc byte[1024];
        try
        {
            while (_socket.Available > 0 && _socket.Receive(scratch) > 0)
                continue;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Then there is nothing to spare the client.
        }
    }

    private static EndPoint? RemoteOf(Socket socket) => socket.AddressFamily == AddressFamily.Unix ? null : socket.RemoteEndPoint;
}
