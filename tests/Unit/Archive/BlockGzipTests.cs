using System.IO.Compression;
using Tare.Archive.Compression;

namespace Tare.Tests.Unit.Archive;

public sealed class BlockGzipTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2 << 20)]
    [InlineData((5 << 20) + 17)]
    public void What_is_compressed_in_blocks_is_one_gzip_stream_for_everybody(int length)
    {
        byte[] plain = new byte[length];
        new Random(length).NextBytes(plain.AsSpan(0, length / 2));
        using var packed = new MemoryStream();
        BlockGzip.Compress(new MemoryStream(plain), packed, BlockGzip.DefaultLevel, () => { }, CancellationToken.None);
        Assert.Equal(CompressionKind.Gzip, Decompression.Detect(packed.ToArray()));

        packed.Position = 0;
        using var unpacked = new MemoryStream();
        new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true).CopyTo(unpacked);
        Assert.Equal(plain, unpacked.ToArray());
        Assert.True(packed.Length < length + (length / 1000) + 64);

        // The same bytes again: a layer that is compressed twice is one blob.
        using var again = new MemoryStream();
        BlockGzip.Compress(new MemoryStream(plain), again, BlockGzip.DefaultLevel, () => { }, CancellationToken.None);
        Assert.Equal(packed.ToArray(), again.ToArray());
    }
}
