using Tare.EngineApi.Client.Transport;

namespace Tare.EngineApi.Client.Http;

/// <summary>One HTTP/1.1 connection: writes requests, reads heads and raw bytes through one buffer. Not shared between calls.</summary>
internal sealed class HttpConnection(ITransport transport) : IDisposable
{
    private const int MaxHead = 64 * 1024;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>True after the first answer: the peer may have closed it meanwhile.</summary>
    public bool WasUsed { get; private set; }

    public void Write(ReadOnlySpan<byte> data) => transport.Write(data);

    public void CloseWrite() => transport.CloseWrite();

    public void Abort() => transport.Abort();

    /// <summary>Reads one answer's head, passing over interim ones (1xx other than 101). Null when the peer closed before its first byte.</summary>
    public ResponseHead? ReadHead()
    {
        while (true)
        {
            int length = FindHead();
            if (length == 0)
                return null;
            ResponseHead head = ResponseHead.Parse(_buffer.AsSpan(_start, length));
            _start += length;
            WasUsed = true;
            if (head.Status is >= 200 or 101)
                return head;
        }
    }

    /// <summary>Reads what there is: first what came with the head, then from the wire; 0 at the end.</summary>
    public int Read(Span<byte> into)
    {
        if (_start == _end)
            return transport.Read(into);
        int n = Math.Min(into.Length, _end - _start);
        _buffer.AsSpan(_start, n).CopyTo(into);
        _start += n;
        return n;
    }

    /// <summary>Reads a line that ends in LF, without its end; used between chunks.</summary>
    public ReadOnlySpan<byte> ReadLine()
    {
        int scanned = 0;
        while (true)
        {
            int newline = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                int length = scanned + newline;
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
                _start += length + 1;
                return line.TrimEnd((byte)'\r');
            }
            scanned = _end - _start;
            if (!Fill())
                throw new IOException("the engine closed the connection inside an answer");
        }
    }

    public void Dispose() => transport.Dispose();

    private int FindHead()
    {
        int scanned = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf("\r\n\r\n"u8);
            if (at >= 0)
                return scanned + at + 4;
            scanned = Math.Max(0, _end - _start - 3);
            if (Fill())
                continue;
            return _end == _start ? 0 : throw new IOException("the engine closed the connection inside an answer");
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxHead)
                throw new IOException("the engine's answer has headers above 64 KiB");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        int read = transport.Read(_buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }
}
