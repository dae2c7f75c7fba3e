using System.IO.Compression;
using Tare.Archive.Compression;
using Tare.Errors;

namespace Tare.Tests.Unit.Archive;

public sealed class DecompressionTests
{
    // zstd of "hello zstd" as one raw block without a checksum.
    private static readonly byte[] Zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x0a, 0x51, 0x00, 0x00, .. "hello zstd"u8];

    [Fact]
    public void Gzip_zstd_and_plain_are_told_apart_by_content()
    {
        using var gzip = new MemoryStream();
        using (var compress = new GZipStream(gzip, CompressionLevel.Fastest, leaveOpen: true))
            compress.Write("hello gzip"u8);
        Assert.Equal("hello gzip", Read(gzip.ToArray()));
        Assert.Equal("hello zstd", Read(Zstd));
        Assert.Equal("hello zstdhello zstd", Read([.. Zstd, .. Zstd]));
        Assert.Equal("hi", Read([.. "hi"u8]));
        Assert.Equal("", Read([]));
    }

    [Fact]
    public void Truncated_or_damaged_data_is_refused()
    {
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Read(Zstd[..12])).Kind);
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Read([0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff, 0xff])).Kind);
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Read([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9])).Kind);
    }

    [Fact]
    public void Bzip2_and_xz_say_what_to_do()
    {
        Assert.Equal(ErrorKind.NotSupported, Assert.Throws<TareException>(() => Read([.. "BZh91AY"u8])).Kind);
        Assert.Equal(ErrorKind.NotSupported, Assert.Throws<TareException>(() => Read([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])).Kind);
    }

    private static string Read(byte[] content)
    {
        using Stream stream = Decompression.Open(new MemoryStream(content));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
