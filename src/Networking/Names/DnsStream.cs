using System.Buffers.Binary;
using System.Net.Sockets;

namespace Tare.Networking.Names;

/// <summary>DNS messages over TCP: two bytes of length, then the message (RFC 1035 section 4.2.2).</summary>
internal static class DnsStream
{
    /// <summary>The next message, or null at the end, or when it is longer than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> ReadAsync(Socket socket, int limit, CancellationToken stop)
    {
        byte[] prefix = new byte[2];
        if (!await FillAsync(socket, prefix, stop))
            return null;
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length > limit)
            return null;
        byte[] message = new byte[length];
        return await FillAsync(socket, message, stop) ? message : null;
    }

    /// <summary>Sends one message.</summary>
    public static async Task WriteAsync(Socket socket, byte[] message, CancellationToken stop)
    {
        byte[] framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        for (int sent = 0; sent < framed.Length;)
            sent += await socket.SendAsync(framed.AsMemory(sent), stop);
    }

    private static async Task<bool> FillAsync(Socket socket, byte[] buffer, CancellationToken stop)
    {
        for (int filled = 0; filled < buffer.Length;)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(filled), stop);
            if (read == 0)
                return false;
            filled += read;
        }
        return true;
    }
}
