using Tare.Archive.Layers;
using Tare.Archive.Tar;
using Tare.Linux;
using Tare.Oci;
using static Tare.Tests.Kernel.Archive.LayerDirectory;

namespace Tare.Tests.Kernel.Archive;

public sealed class LayerRoundTripTests
{
    private static readonly byte[] Capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static byte[] Everything()
    {
        return Tar(
            Entry(TarEntryType.Directory, "d/", mode: 0x3ff),
            Entry(TarEntryType.File, "d/suid", mode: 0x9ed, size: 70_000),
            Entry(TarEntryType.HardLink, "d/same", "d/suid"),
            Entry(TarEntryType.Symlink, "d/link", "/etc/../../../outside"),
            Entry(TarEntryType.CharacterDevice, "d/null", mode: 0x1b6, major: 1, minor: 3),
            Entry(TarEntryType.BlockDevice, "d/loop", mode: 0x1b0, major: 7, minor: 300),
            Entry(TarEntryType.Fifo, "d/fifo", mode: 0x1a4),
            new TarEntry { Type = TarEntryType.File, Name = "d/cap", Mode = 0x1ed, Xattrs = new Dictionary<string, byte[]> { ["security.capability"] = Capability, ["user.note"] = [1, 2], ["trusted.overlay.redirect"] = [1] } },
            Entry(TarEntryType.File, "d/.wh.gone"),
            Entry(TarEntryType.Directory, "o/"),
            Entry(TarEntryType.File, "o/.wh..wh..opq"),
            Entry(TarEntryType.File, "o/kept\uDCFF"));
    }

    [Fact]
    public void A_layer_becomes_files_and_the_files_become_the_same_layer()
    {
        using var first = new LayerDirectory();
        byte[] tar = Everything();
        AppliedLayer applied = first.Apply(tar);
        Assert.Equal(Digest.Of(tar), applied.DiffId);
        Assert.Equal((tar.Length, 70_000L), ((int)applied.TarBytes, applied.FileBytes));
        CheckEverything(first);

        (byte[] again, AppliedLayer diff) = first.Diff();
        Assert.Equal(Digest.Of(again), diff.DiffId);
        using var second = new LayerDirectory();
        Assert.Equal(diff.DiffId, second.Apply(again).DiffId);
        CheckEverything(second);
        Assert.Equal(again, second.Diff().Tar);
    }

    private static void CheckEverything(LayerDirectory layer)
    {
        FileStatus directory = layer.Status("d");
        Assert.Equal((0x3ffu, 7u, 8u, 1000L, 5u), (directory.Mode & 0xfff, directory.UserId, directory.GroupId, directory.ModifiedSeconds, directory.ModifiedNanoseconds));
        FileStatus suid = layer.Status("d/suid");
        Assert.Equal((0x89edu, 7u, 8u, 70_000ul, 2u, 1000L), (suid.Mode, suid.UserId, suid.GroupId, suid.Size, suid.Links, suid.ModifiedSeconds));
        Assert.Equal(suid.Inode, layer.Status("d/same").Inode);
        FileStatus link = layer.Status("d/link");
        Assert.Equal((true, 7u, 1000L), (link.IsSymlink, link.UserId, link.ModifiedSeconds));
        Assert.Equal("/etc/../../../outside", new FileInfo(Path.Combine(layer.Root, "d/link")).LinkTarget);
        FileStatus device = layer.Status("d/null");
        Assert.Equal((FileStatus.S_IFCHR | 0x1b6u, 1u, 3u), (device.Mode, device.RdevMajor, device.RdevMinor));
        device = layer.Status("d/loop");
        Assert.Equal((FileStatus.S_IFBLK | 0x1b0u, 7u, 300u), (device.Mode, device.RdevMajor, device.RdevMinor));
        Assert.Equal(FileStatus.S_IFIFO | 0x1a4u, layer.Status("d/fifo").Mode);
        Assert.Equal(Convert.ToHexStringLower(Capability), layer.Xattr("d/cap", "security.capability"));
        Assert.Equal("0102", layer.Xattr("d/cap", "user.note"));
        Assert.Equal("", layer.Xattr("d/cap", "trusted.overlay.redirect"));
        FileStatus whiteout = layer.Status("d/gone");
        Assert.Equal((FileStatus.S_IFCHR, 0u, 0u), (whiteout.Type, whiteout.RdevMajor, whiteout.RdevMinor));
        Assert.Equal("79", layer.Xattr("o", "trusted.overlay.opaque"));
        Assert.Equal(Errno.None, Stat.TryOf(layer.Descriptor, "o/kept\uDCFF", out _));
    }

    [Fact]
    public void A_whiteout_never_hides_what_its_own_layer_brings()
    {
        using var layer = new LayerDirectory();
        _ = layer.Apply(Tar(
            Entry(TarEntryType.File, ".wh.a"), Entry(TarEntryType.File, "a"),
            Entry(TarEntryType.File, "b"), Entry(TarEntryType.File, ".wh.b"),
            Entry(TarEntryType.File, ".wh.c"), Entry(TarEntryType.Directory, "c/"),
            Entry(TarEntryType.Directory, "d/"), Entry(TarEntryType.File, ".wh.d"),
            Entry(TarEntryType.File, ".wh.e"), Entry(TarEntryType.File, "e/implied")));
        Assert.True(layer.Status("a").IsRegular && layer.Status("b").IsRegular && layer.Status("e/implied").IsRegular);
        Assert.All(["c", "d", "e"], name => Assert.Equal("79", layer.Xattr(name, "trusted.overlay.opaque")));
    }

    [Fact]
    public void A_directory_that_a_layer_only_implies_looks_like_the_one_below()
    {
        using var lower = new LayerDirectory();
        using var upper = new LayerDirectory();
        _ = lower.Apply(Tar(Entry(TarEntryType.Directory, "tmp/", mode: 0x3ff)));
        _ = upper.Apply(Tar(Entry(TarEntryType.File, "tmp/x"), Entry(TarEntryType.File, "new/x")), lower.Descriptor);
        FileStatus implied = upper.Status("tmp");
        Assert.Equal((0x3ffu, 7u, 1000L), (implied.Mode & 0xfff, implied.UserId, implied.ModifiedSeconds));
        Assert.Equal(0x1edu, upper.Status("new").Mode & 0xfff);
    }

    [Fact]
    public void Later_entries_replace_earlier_ones_of_another_kind()
    {
        using var layer = new LayerDirectory();
        _ = layer.Apply(Tar(
            Entry(TarEntryType.Directory, "a/b/c/"), Entry(TarEntryType.File, "a/b/c/f"), Entry(TarEntryType.Symlink, "a", "x"),
            Entry(TarEntryType.File, "f"), Entry(TarEntryType.Directory, "f/"), Entry(TarEntryType.File, "f/g")));
        Assert.True(layer.Status("a").IsSymlink);
        Assert.True(layer.Status("f/g").IsRegular);
    }
}
