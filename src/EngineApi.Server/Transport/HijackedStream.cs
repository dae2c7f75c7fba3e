using System.IO.Pipelines;
using System.Net.Sockets;

namespace Tare.EngineApi.Server.Transport;

/// <summary>
/// The raw two-way stream of a hijacked connection. Reading gives 0 when the client has closed its sending side; writing goes on after that.
/// <see cref="ClientGone"/> is cancelled when the client cannot receive any more.
/// </summary>
public sealed class HijackedStream : AsyncStream
{
    private readonly Stream _buffered;
    private readonly Stream _wire;
    private readonly Socket _socket;

    internal HijackedStream(PipeReader input, Stream wire, Socket socket, CancellationToken clientGone)
    {
        _buffered = input.AsStream(leaveOpen: true);
        _wire = wire;
        _socket = socket;
        ClientGone = clientGone;
    }

    /// <summary>A write failed, or the connection was reset.</summary>
    public CancellationToken ClientGone { get; }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _buffered.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _wire.WriteAsync(buffer, cancellationToken);

    /// <summary>
    /// The conversation is over: the client sees the end, and the server does not wait for another request of a client that keeps its side open.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        if (_wire is TlsStream tls)
            await tls.EndAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Shutdown(SocketShutdown.Both);
        base.Dispose(disposing);
    }

    /// <summary>Ends the output; the client may still send.</summary>
    public void CloseWrite() => Shutdown(SocketShutdown.Send);

    private void Shutdown(SocketShutdown direction)
    {
        try
        {
            _socket.Shutdown(direction);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client was faster.
        }
    }
}
