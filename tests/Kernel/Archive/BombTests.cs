using System.IO.Compression;
using Tare.Archive.Layers;
using Tare.Archive.Tar;
using Tare.Errors;
using static Tare.Tests.Kernel.Archive.LayerDirectory;

namespace Tare.Tests.Kernel.Archive;

public sealed class BombTests
{
    [Fact]
    public void Zeros_that_unpack_to_far_more_than_came_are_refused_early()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var writer = new TarWriter(gzip);
            writer.Begin(new TarEntry { Type = TarEntryType.File, Name = "zeros", Size = 64 << 20, Mode = 0x1a4 });
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++)
                writer.WriteContent(zeros);
            writer.End();
        }
        using var layer = new LayerDirectory();
        packed.Position = 0;
        TareException error = Assert.Throws<TareException>(() =>
            LayerApplier.Apply(layer.Descriptor, packed, LowerLayers.None, new UnpackLimits { Ratio = 100, RatioFrom = 8 << 20 }));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("100 times its size", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_bytes_than_a_layer_may_have_are_refused()
    {
        using var layer = new LayerDirectory();
        byte[] tar = Tar(Enumerable.Range(0, 3000).Select(i => Entry(TarEntryType.Directory, $"d{i}/")).ToArray());
        TareException error = Assert.Throws<TareException>(() => LayerApplier.Apply(layer.Descriptor, new MemoryStream(tar), LowerLayers.None, new UnpackLimits { Bytes = 100_000 }));
        Assert.Contains("more than 100000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_entries_than_a_layer_may_have_are_refused()
    {
        using var layer = new LayerDirectory();
        byte[] tar = Tar(Enumerable.Range(0, 50).Select(i => Entry(TarEntryType.File, $"f{i}")).ToArray());
        TareException error = Assert.Throws<TareException>(() => LayerApplier.Apply(layer.Descriptor, new MemoryStream(tar), LowerLayers.None, new UnpackLimits { Entries = 49 }));
        Assert.Contains("more than 49 entries", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_of_two_entries_of_one_name_is_the_one_that_counts()
    {
        using var layer = new LayerDirectory();
        _ = layer.Apply(Tar(Entry(TarEntryType.File, "a"), Entry(TarEntryType.Symlink, "a", "/etc/passwd"), Entry(TarEntryType.Directory, "a/"), Entry(TarEntryType.File, "a/b")));
        Assert.True(layer.Status("a").IsDirectory);
        Assert.True(layer.Status("a/b").IsRegular);
    }
}
