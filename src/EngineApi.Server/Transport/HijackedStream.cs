using System.IO.Pipelines;
using System.Net.Sockets;

namespace Tare.EngineApi.Server.Transport;

/// <summary>
/// The raw two-way stream of a hijacked connection. Reading gives 0 when the client has closed its sending side; writing goes on after that.
/// <see cref="ClientGone"/> is cancelled when the client cannot receive any more.
/// </summary>
public sealed class HijackedStream : Stream
{
    private readonly Stream _buffered;
    private readonly Stream _raw;
    private readonly Socket _socket;

    internal HijackedStream(PipeReader input, Stream raw, Socket socket, CancellationToken clientGone)
    {
        _buffered = input.AsStream(leaveOpen: true);
        _raw = raw;
        _socket = socket;
        ClientGone = clientGone;
    }

    /// <summary>A write failed, or the connection was reset.</summary>
    public CancellationToken ClientGone { get; }

    /// <summary>
    /// The conversation is over: the client sees the end, and the server does not wait for another request of a client that keeps its side open.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Shutdown(SocketShutdown.Both);
        base.Dispose(disposing);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
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

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _buffered.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _raw.WriteAsync(buffer, cancellationToken);

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
