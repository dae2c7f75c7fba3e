using System.IO.Compression;
using Tare.Errors;

namespace Tare.Archive.Compression;

/// <summary>How an archive is compressed, known by its first bytes, never by its name.</summary>
public enum CompressionKind
{
    None,
    Gzip,
    Zstd,
}

/// <summary>Finds out how a stream is compressed and decompresses it in this process; no program of the machine or of an image is run.</summary>
public static class Decompression
{
    private const int MagicBytes = 6;

    /// <summary>A stream of the decompressed bytes. The given stream stays open when the result is disposed.</summary>
    public static Stream Open(Stream stream) => Open(stream, out _);

    /// <inheritdoc cref="Open(Stream)"/>
    public static Stream Open(Stream stream, out CompressionKind kind)
    {
        byte[] magic = new byte[MagicBytes];
        int read = 0;
        while (read < MagicBytes && stream.Read(magic, read, MagicBytes - read) is var n and > 0)
            read += n;
        Array.Resize(ref magic, read);
        var whole = new PrefixedStream(magic, stream);
        kind = Detect(magic);
        return kind switch
        {
            CompressionKind.Gzip => new GzipStream(whole),
            CompressionKind.Zstd => new ZstdStream(whole),
            _ => whole,
        };
    }

    /// <summary>The kind a content starts as; bzip2 and xz are known, but not supported.</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
            return CompressionKind.Gzip;
        if (start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) || IsSkippableFrame(start))
            return CompressionKind.Zstd;
        if (start.StartsWith("BZh"u8))
            throw new TareException(ErrorKind.NotSupported, "bzip2 compression is not supported: recompress the archive with gzip or zstd");
        if (start.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
            throw new TareException(ErrorKind.NotSupported, "xz compression is not supported: recompress the archive with gzip or zstd");
        return CompressionKind.None;
    }

    private static bool IsSkippableFrame(ReadOnlySpan<byte> start) => start.Length >= 4 && (start[0] & 0xf0) == 0x50 && start[1..4].SequenceEqual((ReadOnlySpan<byte>)[0x2a, 0x4d, 0x18]);

    /// <summary>GZipStream whose complaints about the data are InvalidArgument.</summary>
    private sealed class GzipStream(Stream source) : ReadOnlyStream
    {
        private readonly GZipStream _gzip = new(source, CompressionMode.Decompress, leaveOpen: true);

        public override int Read(Span<byte> buffer)
        {
            try
            {
                return _gzip.Read(buffer);
            }
            catch (InvalidDataException e)
            {
                throw TareException.Invalid("broken gzip data", e);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _gzip.Dispose();
            base.Dispose(disposing);
        }
    }
}
