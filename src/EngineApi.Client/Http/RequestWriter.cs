using System.Globalization;
using System.Text;

namespace Tare.EngineApi.Client.Http;

/// <summary>Writes a request: head and small bodies in one piece, streamed bodies in chunks.</summary>
internal static class RequestWriter
{
    public static void Write(HttpConnection connection, EngineRequest request, string target, string host)
    {
        var head = new StringBuilder(256);
        _ = head.Append(request.Method).Append(' ').Append(target).Append(" HTTP/1.1\r\nHost: ").Append(host).Append("\r\nUser-Agent: tare\r\n");
        foreach ((string name, string value) in request.Headers)
            _ = head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (request.Upgrade)
            _ = head.Append("Connection: Upgrade\r\nUpgrade: tcp\r\n");
        if (request.ContentType is not null)
            _ = head.Append("Content-Type: ").Append(request.ContentType).Append("\r\n");
        bool streamed = request.BodyWriter is not null;
        if (streamed)
            _ = head.Append("Transfer-Encoding: chunked\r\n");
        else if (request.Body.Length > 0 || request.Method is "POST" or "PUT")
            _ = head.Append("Content-Length: ").Append(request.Body.Length.ToString(CultureInfo.InvariantCulture)).Append("\r\n");
        _ = head.Append("\r\n");

        byte[] piece = new byte[head.Length + request.Body.Length];
        int length = Encoding.Latin1.GetBytes(head.ToString(), piece);
        request.Body.Span.CopyTo(piece.AsSpan(length));
        connection.Write(piece);
        if (!streamed)
            return;
        using var body = new ChunkedWriter(connection);
        request.BodyWriter!(body);
        body.Complete();
    }
}

/// <summary>A write-only stream that sends each full buffer as one chunk.</summary>
internal sealed class ChunkedWriter(HttpConnection connection) : Stream
{
    private const int Room = 10;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _used;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int n = Math.Min(buffer.Length, _buffer.Length - Room - 2 - _used);
            buffer[..n].CopyTo(_buffer.AsSpan(Room + _used));
            _used += n;
            buffer = buffer[n..];
            if (Room + _used + 2 == _buffer.Length)
                Flush();
        }
    }

    public override void Flush()
    {
        if (_used == 0)
            return;
        byte[] size = Encoding.ASCII.GetBytes(_used.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        size.CopyTo(_buffer.AsSpan(Room - size.Length));
        "\r\n"u8.CopyTo(_buffer.AsSpan(Room + _used));
        connection.Write(_buffer.AsSpan(Room - size.Length, size.Length + _used + 2));
        _used = 0;
    }

    /// <summary>Sends the last chunk.</summary>
    public void Complete()
    {
        Flush();
        connection.Write("0\r\n\r\n"u8);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
