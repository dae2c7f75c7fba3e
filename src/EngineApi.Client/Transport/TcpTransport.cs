using System.Net.Sockets;
using NetSocket = System.Net.Sockets.Socket;

namespace Tare.EngineApi.Client.Transport;

/// <summary>A TCP connection with blocking calls.</summary>
internal sealed class TcpTransport(NetSocket socket) : ITransport
{
    public static TcpTransport Connect(string host, int port)
    {
        var socket = new NetSocket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(host, port);
            return new TcpTransport(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public int Read(Span<byte> buffer)
    {
        int read = socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => read,
            SocketError.ConnectionReset or SocketError.Shutdown => 0,
            _ => throw new IOException($"read from the engine: {error}"),
        };
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int written = socket.Send(data, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
                throw new IOException($"write to the engine: {error}");
            data = data[written..];
        }
    }

    public void CloseWrite() => Shutdown(SocketShutdown.Send);

    public void Abort() => Shutdown(SocketShutdown.Both);

    public void Dispose() => socket.Dispose();

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
    }
}
