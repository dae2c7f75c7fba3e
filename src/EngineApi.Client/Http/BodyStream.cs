using System.Globalization;
using System.Text;

namespace Tare.EngineApi.Client.Http;

/// <summary>How the end of a body is found.</summary>
internal enum BodyFraming
{
    Length,
    Chunked,
    UntilClose,
}

/// <summary>The body of an answer as a forward-only stream; at its end it reports once whether the connection can serve again.</summary>
internal sealed class BodyStream(HttpConnection connection, BodyFraming framing, long length, Action<bool> done) : ForwardStream
{
    private long _left = framing == BodyFraming.Chunked ? 0 : length;
    private bool _first = true;
    private bool _ended;
    private bool _reported;

    public override int Read(Span<byte> buffer)
    {
        if (_ended || buffer.IsEmpty)
            return 0;
        if (framing == BodyFraming.UntilClose)
            return ReadUntilClose(buffer);
        if (_left == 0 && !Advance())
            return 0;
        int n = connection.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        if (n == 0)
            throw new IOException("the engine closed the connection inside an answer");
        _left -= n;
        if (_left == 0 && framing == BodyFraming.Length)
            End(reusable: true);
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Report(_ended && framing != BodyFraming.UntilClose);
        base.Dispose(disposing);
    }

    /// <summary>Ends an empty body at once, so that its connection is free.</summary>
    internal void EndIfEmpty()
    {
        if (framing == BodyFraming.Length && _left == 0)
            End(reusable: true);
    }

    private int ReadUntilClose(Span<byte> buffer)
    {
        int n = connection.Read(buffer);
        if (n == 0)
            End(reusable: false);
        return n;
    }

    private bool Advance()
    {
        if (framing == BodyFraming.Length)
        {
            End(reusable: true);
            return false;
        }
        if (!_first && connection.ReadLine().Length != 0)
            throw new IOException("the engine's answer has a chunk without its end");
        _first = false;
        string size = Encoding.Latin1.GetString(connection.ReadLine());
        int extension = size.IndexOf(';', StringComparison.Ordinal);
        ReadOnlySpan<char> digits = (extension < 0 ? size : size[..extension]).AsSpan().Trim();
        if (!long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0)
            throw new IOException("the engine's answer has a chunk without a length");
        if (_left > 0)
            return true;
        while (connection.ReadLine().Length != 0)
        {
            // Trailers carry nothing for us.
        }
        End(reusable: true);
        return false;
    }

    private void End(bool reusable)
    {
        _ended = true;
        Report(reusable);
    }

    private void Report(bool reusable)
    {
        if (_reported)
            return;
        _reported = true;
        done(reusable);
    }
}
