using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>libdeflate.h: compresses whole buffers with libdeflate.so.0, loaded on first use (DllNotFoundException when the machine has none). Not thread-safe.</summary>
public sealed unsafe partial class DeflateCompressor : IDisposable
{
    private nint _compressor;

    /// <summary>A compressor for one level, 1 for the fastest to 12 for the smallest.</summary>
    public DeflateCompressor(int level)
    {
        _compressor = libdeflate_alloc_compressor(level);
        if (_compressor == 0)
            throw new ArgumentOutOfRangeException(nameof(level), level, "libdeflate has no such compressor, or no memory for it");
    }

    /// <summary>Frees the compressor if its owner forgot to.</summary>
    ~DeflateCompressor() => Dispose();

    /// <summary>Makes one gzip member (RFC 1952) of <paramref name="plain"/>; returns its length in bytes, 0 when <paramref name="packed"/> is too short for it.</summary>
    public int Gzip(ReadOnlySpan<byte> plain, Span<byte> packed)
    {
        ObjectDisposedException.ThrowIf(_compressor == 0, this);
        // SAFETY: both spans are pinned during the call, which stays within the lengths it is given.
        fixed (byte* source = plain)
        fixed (byte* target = packed)
            return (int)libdeflate_gzip_compress(_compressor, source, (nuint)plain.Length, target, (nuint)packed.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_compressor != 0)
            libdeflate_free_compressor(_compressor);
        _compressor = 0;
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libdeflate.so.0")]
    private static partial nint libdeflate_alloc_compressor(int level);

    [LibraryImport("libdeflate.so.0")]
    private static partial nuint libdeflate_gzip_compress(nint compressor, byte* input, nuint inputLength, byte* output, nuint outputRoom);

    [LibraryImport("libdeflate.so.0")]
    private static partial void libdeflate_free_compressor(nint compressor);
}
