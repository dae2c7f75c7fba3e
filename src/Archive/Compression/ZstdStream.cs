using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Compression;

/// <summary>Decompresses a sequence of zstd frames with the machine's libzstd; its absence is NotSupported. Not thread-safe.</summary>
internal sealed class ZstdStream : ReadOnlyStream
{
    private readonly Stream _source;
    private readonly ZstdDecoder _decoder;
    private readonly byte[] _input = new byte[128 * 1024];
    private int _start;
    private int _end;
    private bool _betweenFrames = true;

    public ZstdStream(Stream source)
    {
        _source = source;
        try
        {
            _decoder = new ZstdDecoder();
        }
        catch (DllNotFoundException e)
        {
            throw new TareException(ErrorKind.NotSupported, "zstd compression needs the library libzstd.so.1: install the package libzstd1", e);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        bool sourceEnded = false;
        while (!buffer.IsEmpty)
        {
            // Even without new input the decoder may still hold output of what it has taken.
            string? error = _decoder.Decode(_input.AsSpan(_start, _end - _start), buffer, out int consumed, out int written, out bool frameEnded);
            if (error is not null)
                throw TareException.Invalid($"broken zstd data: {error}");
            _start += consumed;
            if (consumed > 0 || written > 0)
                _betweenFrames = frameEnded;
            if (written > 0)
                return written;
            if (_start < _end && consumed > 0)
                continue;
            if (sourceEnded)
                return _betweenFrames ? 0 : throw TareException.Invalid("broken zstd data: it ends in the middle of a frame");
            _start = 0;
            _end = _source.Read(_input);
            sourceEnded = _end == 0;
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _decoder.Dispose();
        base.Dispose(disposing);
    }
}
