using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Tare.Registry.Transport;

/// <summary>
/// One accepted connection, with or without TLS. Uploads are read in large pooled buffers that exist only while there are bytes: an idle connection holds
/// none. Used by one request at a time.
/// </summary>
internal sealed class RegistryConnection : DefaultConnectionContext, IDuplexPipe
{
    private const int ReadBuffer = 256 * 1024;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly CancellationTokenSource _closed = new();
    private readonly ConnectionOutput _output;

    public RegistryConnection(Socket socket, Stream stream, bool isPlain, string id) : base(id)
    {
        _socket = socket;
        _stream = stream;
        _output = new ConnectionOutput(stream, isPlain ? socket : null, _closed);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBuffer, minimumReadSize: ReadBuffer / 4, leaveOpen: true, useZeroByteReads: isPlain));
        Transport = this;
        ConnectionClosed = _closed.Token;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        if (isPlain)
            Features.Set<IFileSender>(_output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _output;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _closed.Cancel();
        _socket.Close(timeout: 0);
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_closed.IsCancellationRequested)
            Shutdown();
        await Input.CompleteAsync();
        _output.Dispose();
        await _stream.DisposeAsync();
        _socket.Dispose();
        await _closed.CancelAsync();
        await base.DisposeAsync();
    }

    private void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            // Bytes that nobody read would turn the end of the answer into a reset.
            Span<byte> scratch = stackalloc byte[4096];
            for (int rounds = 0; rounds < 64 && _socket.Available > 0 && _socket.Receive(scratch) > 0; rounds++)
                continue;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client was faster.
        }
    }
}
