using Tare.Linux;

namespace Tare.EngineApi.Client.Transport;

/// <summary>A unix stream socket with blocking calls: nothing to start up.</summary>
internal sealed class UnixTransport(FileDescriptor socket) : ITransport
{
    private const int ShutdownSend = 1;
    private const int ShutdownBoth = 2;

    public static UnixTransport Connect(string path)
    {
        FileDescriptor socket = Socket.Create(Socket.AF_UNIX, Socket.SOCK_STREAM);
        Errno errno = Socket.TryConnectUnix(socket, path);
        if (errno == Errno.None)
            return new UnixTransport(socket);
        socket.Dispose();
        throw new IOException($"dial unix {path}: connect: {errno.Describe()}");
    }

    public int Read(Span<byte> buffer)
    {
        Errno errno = Unistd.TryRead(socket, buffer, out int read);
        return errno switch
        {
            Errno.None => read,
            Errno.ECONNRESET => 0,
            _ => throw new IOException($"read from the engine: {errno.Describe()}"),
        };
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Errno errno = Unistd.TryWrite(socket, data, out int written);
            if (errno != Errno.None)
                throw new IOException($"write to the engine: {errno.Describe()}");
            data = data[written..];
        }
    }

    public void CloseWrite() => _ = Socket.TryShutdown(socket, ShutdownSend);

    public void Abort() => _ = Socket.TryShutdown(socket, ShutdownBoth);

    public void Dispose() => socket.Dispose();
}
