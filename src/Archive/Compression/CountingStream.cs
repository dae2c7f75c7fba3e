namespace Tare.Archive.Compression;

/// <summary>Counts what is read through it. The source stays its owner's; one reader, the count may be read by others.</summary>
public sealed class CountingStream(Stream source) : ReadOnlyStream
{
    private long _count;

    /// <summary>Bytes read so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = source.Read(buffer);
        Volatile.Write(ref _count, _count + read);
        return read;
    }
}
