using System.Collections.Concurrent;
using System.IO.Compression;
using Tare.Linux;

namespace Tare.Archive.Compression;

/// <summary>
/// Makes gzip members (RFC 1952) of blocks: with libdeflate, which takes half of zlib's time for the same size, or with zlib where the machine has none; their
/// bytes differ. Thread-safe.
/// </summary>
internal sealed class GzipMembers(int level, bool withLibrary) : IDisposable
{
    private static readonly Lazy<bool> s_hasLibrary = new(HasLibrary);

    // One for each thread that compresses at a time, not for each block: they are large.
    private readonly ConcurrentBag<DeflateCompressor> _free = [];

    public GzipMembers(int level)
        : this(level, s_hasLibrary.Value)
    {
    }

    /// <summary>Returns the member's length; <paramref name="packed"/> has room for what does not compress.</summary>
    public int Make(ReadOnlyMemory<byte> plain, byte[] packed) => withLibrary ? WithLibdeflate(plain.Span, packed) : WithZlib(plain.Span, packed);

    public void Dispose()
    {
        while (_free.TryTake(out DeflateCompressor? compressor))
            compressor.Dispose();
    }

    private static bool HasLibrary()
    {
        try
        {
            new DeflateCompressor(1).Dispose();
            return true;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }

    private int WithLibdeflate(ReadOnlySpan<byte> plain, byte[] packed)
    {
        DeflateCompressor compressor = _free.TryTake(out DeflateCompressor? free) ? free : new DeflateCompressor(level);
        int length = compressor.Gzip(plain, packed);
        _free.Add(compressor);
        return length > 0 ? length : throw new InvalidOperationException($"{plain.Length} bytes became more than {packed.Length}");
    }

    private int WithZlib(ReadOnlySpan<byte> plain, byte[] packed)
    {
        var member = new MemoryStream(packed);
        // Level 1 would make what does not compress longer by a sixteenth.
        using (var gzip = new GZipStream(member, new ZLibCompressionOptions { CompressionLevel = Math.Max(2, level) }, leaveOpen: true))
            gzip.Write(plain);
        return (int)member.Position;
    }
}
