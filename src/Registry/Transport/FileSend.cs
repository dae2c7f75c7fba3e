using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Tare.Registry.Transport;

/// <summary>Sends bytes and a part of a file on one socket without blocking a thread; on Linux the runtime uses sendfile(2). One send at a time.</summary>
internal sealed class FileSend : SocketAsyncEventArgs, IValueTaskSource
{
    private readonly Socket _socket;
    private ManualResetValueTaskSourceCore<bool> _source;

    public FileSend(Socket socket) : base(true) => _socket = socket;

    /// <summary>Completes when the socket has taken everything.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> before, FileStream file, long offset, long count)
    {
        _source.Reset();
        var part = new SendPacketsElement(file, offset, checked((int)count));
        SendPacketsElements = before.IsEmpty ? [part] : [new SendPacketsElement(before), part];
        if (!_socket.SendPacketsAsync(this))
            Complete();
        return new ValueTask(this, _source.Version);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => Complete();

    public void GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Complete()
    {
        SendPacketsElements = null;
        if (SocketError == SocketError.Success)
            _source.SetResult(true);
        else
            _source.SetException(new SocketException((int)SocketError));
    }
}
