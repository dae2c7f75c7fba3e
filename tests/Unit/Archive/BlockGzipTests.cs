using System.IO.Compression;
using Tare.Archive.Compression;

namespace Tare.Tests.Unit.Archive;

public sealed class BlockGzipTests
{
    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(1, 1, true)]
    [InlineData(2 << 20, 6, true)]
    [InlineData((5 << 20) + 17, 1, true)]
    [InlineData((5 << 20) + 17, 9, true)]
    [InlineData(0, 1, false)]
    [InlineData((5 << 20) + 17, 1, false)]
    [InlineData(2 << 20, 9, false)]
    public void What_is_compressed_in_blocks_is_one_gzip_stream_for_everybody(int length, int level, bool withLibrary)
    {
        byte[] plain = new byte[length];
        new Random(length).NextBytes(plain.AsSpan(0, length / 2));
        using var packed = new MemoryStream();
        Compress(plain, packed, level, withLibrary);
        Assert.Equal(CompressionKind.Gzip, Decompression.Detect(packed.ToArray()));

        packed.Position = 0;
        using var unpacked = new MemoryStream();
        new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true).CopyTo(unpacked);
        Assert.Equal(plain, unpacked.ToArray());
        Assert.True(packed.Length < length + (length / 1000) + 64);

        // The same bytes again: a layer that is compressed twice is one blob.
        using var again = new MemoryStream();
        Compress(plain, again, level, withLibrary);
        Assert.Equal(packed.ToArray(), again.ToArray());
    }

    private static void Compress(byte[] plain, Stream packed, int level, bool withLibrary)
    {
        using var members = new GzipMembers(level, withLibrary);
        BlockGzip.Compress(new MemoryStream(plain), packed, members, () => { }, CancellationToken.None);
    }
}
