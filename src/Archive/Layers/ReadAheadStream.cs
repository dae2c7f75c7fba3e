using System.Security.Cryptography;
using System.Threading.Channels;
using Tare.Archive.Compression;
using Tare.Oci;

namespace Tare.Archive.Layers;

/// <summary>
/// Reads a decompressing stream on another thread, a few buffers ahead, and hashes there too, while the reader of this stream makes files.
/// One reader. Dispose before the source: it waits until the other thread has let go of it.
/// </summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BufferSize = 512 * 1024;
    private const int Buffers = 4;

    private readonly Channel<(byte[] Buffer, int Length)> _full = Channel.CreateBounded<(byte[], int)>(Buffers);
    private readonly Channel<byte[]> _empty = Channel.CreateBounded<byte[]>(Buffers);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Task _producer;
    private volatile bool _stop;
    private byte[] _current = [];
    private int _position;
    private int _length;
    private int _allocated;

    /// <summary>Reads from a source; <paramref name="check"/> hears how many bytes came, and may throw.</summary>
    public ReadAheadStream(Stream source, Action<long>? check = null)
    {
        _producer = Task.Factory.StartNew(() => Produce(source, check), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Bytes handed out so far.</summary>
    public long Count { get; private set; }

    /// <summary>The digest of the whole source, valid after the end was read.</summary>
    public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    public override int Read(Span<byte> buffer)
    {
        if (_position == _length && !Advance())
            return 0;
        int count = Math.Min(buffer.Length, _length - _position);
        _current.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        Count += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop = true;
            _ = _empty.Writer.TryComplete();
            while (_full.Reader.TryRead(out _))
            {
            }
            _producer.Wait();
            _hash.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool Advance()
    {
        if (_current.Length > 0)
            _ = _empty.Writer.TryWrite(_current);
        _current = [];
        _position = _length = 0;
        // An error of the producer completes the channel and is thrown here.
        if (!_full.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult() || !_full.Reader.TryRead(out (byte[] Buffer, int Length) next))
            return false;
        (_current, _length) = next;
        return true;
    }

    private void Produce(Stream source, Action<long>? check)
    {
        Exception? error = null;
        long produced = 0;
        try
        {
            while (!_stop && NextBuffer() is { } buffer)
            {
                int length = 0;
                while (length < buffer.Length && source.Read(buffer, length, buffer.Length - length) is var read and > 0)
                    length += read;
                if (length == 0)
                    break;
                check?.Invoke(produced += length);
                _hash.AppendData(buffer, 0, length);
                if (!_full.Writer.TryWrite((buffer, length)))
                    break;
            }
        }
        catch (Exception e)
        {
            // Whatever it is, it belongs to the reader, who gets it from the channel.
            error = e;
        }
        _ = _full.Writer.TryComplete(error);
    }

    // There are no more buffers than places in the channel, so writing to it never blocks; waiting for an empty one does.
    private byte[]? NextBuffer()
    {
        if (_empty.Reader.TryRead(out byte[]? buffer))
            return buffer;
        if (_allocated < Buffers)
        {
            _allocated++;
            return new byte[BufferSize];
        }
        return _empty.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult() && _empty.Reader.TryRead(out buffer) ? buffer : null;
    }
}
