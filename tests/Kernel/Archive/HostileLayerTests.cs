using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Errors;
using static Tare.Tests.Kernel.Archive.LayerDirectory;

namespace Tare.Tests.Kernel.Archive;

public sealed class HostileLayerTests
{
    public static TheoryData<string, TarEntry[]> Corpus() => new()
    {
        { "leaves the root", [Entry(TarEntryType.File, "../evil")] },
        { "leaves the root", [Entry(TarEntryType.File, "a/../../evil")] },
        { "leaves the root", [Entry(TarEntryType.Directory, "a/.."), Entry(TarEntryType.File, "evil")] },
        { "symbolic link", [Entry(TarEntryType.Symlink, "a", ".."), Entry(TarEntryType.File, "a/evil")] },
        { "symbolic link", [Entry(TarEntryType.Symlink, "a", "/var/tmp"), Entry(TarEntryType.Directory, "a/evil/")] },
        { "symbolic link", [Entry(TarEntryType.Directory, "d/"), Entry(TarEntryType.Symlink, "d/a", "/"), Entry(TarEntryType.File, "d/a/evil")] },
        { "symbolic link", [Entry(TarEntryType.Symlink, "a", "/etc"), Entry(TarEntryType.HardLink, "evil", "a/passwd")] },
        { "symbolic link", [Entry(TarEntryType.Symlink, "a", "/etc"), Entry(TarEntryType.File, "a/.wh.passwd")] },
        { "symbolic link", [Entry(TarEntryType.Symlink, "a", "/etc"), Entry(TarEntryType.File, "a/.wh..wh..opq")] },
        { "leaves the root", [Entry(TarEntryType.HardLink, "evil", "../../../etc/passwd")] },
        { "not in the archive", [Entry(TarEntryType.HardLink, "evil", "/etc/passwd")] },
        { "not in the archive", [Entry(TarEntryType.File, ".wh.x"), Entry(TarEntryType.HardLink, "evil", "x")] },
        { "is a directory", [Entry(TarEntryType.Directory, "d/"), Entry(TarEntryType.HardLink, "evil", "d")] },
        { "hard link to", [Entry(TarEntryType.File, ".wh.x"), Entry(TarEntryType.HardLink, "evil", ".wh.x")] },
        { "hard link to", [Entry(TarEntryType.HardLink, "evil", ".")] },
        { "a whiteout of", [Entry(TarEntryType.File, ".wh.")] },
        { "a whiteout of", [Entry(TarEntryType.File, ".wh..")] },
        { "a whiteout of", [Entry(TarEntryType.File, "d/.wh...")] },
        { "below a whiteout", [Entry(TarEntryType.File, ".wh.x/evil")] },
        { "in disguise", [Entry(TarEntryType.CharacterDevice, "evil")] },
        { "root is not a directory", [Entry(TarEntryType.Symlink, ".", "/etc")] },
        { "not a directory", [Entry(TarEntryType.File, "f"), Entry(TarEntryType.File, "f/evil")] },
        { "usable target", [Entry(TarEntryType.Symlink, "evil", "")] },
        { "path of", [Entry(TarEntryType.File, string.Join('/', Enumerable.Repeat("d", 3000)))] },
        { "too long", [Entry(TarEntryType.File, new string('n', 300))] },
    };

    [Theory]
    [MemberData(nameof(Corpus), DisableDiscoveryEnumeration = true)]
    public void A_hostile_layer_is_refused_and_nothing_appears_outside(string reason, TarEntry[] entries)
    {
        using var layer = new LayerDirectory();
        TareException error = Assert.Throws<TareException>(() => layer.Apply(Tar(entries)));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal([layer.Root], Directory.EnumerateFileSystemEntries(layer.Outside));
        Assert.False(File.Exists("/var/tmp/evil") || File.Exists("/evil") || Directory.Exists("/var/tmp/evil"));
    }

    [Fact]
    public void A_hard_link_to_a_symbolic_link_is_the_link_itself()
    {
        using var layer = new LayerDirectory();
        _ = layer.Apply(Tar(Entry(TarEntryType.Symlink, "a", "/etc/passwd"), Entry(TarEntryType.HardLink, "b", "a")));
        Assert.True(layer.Status("b").IsSymlink);
    }

    [Fact]
    public void A_tree_of_any_depth_is_removed()
    {
        using var layer = new LayerDirectory();
        for (int part = 0; part < 3; part++)
            _ = layer.Apply(Tar(Entry(TarEntryType.File, string.Join('/', Enumerable.Repeat("d", 300)) + $"/{part}")));
        TreeRemoval.Remove(layer.Descriptor, "d");
        Assert.Empty(Directory.EnumerateFileSystemEntries(layer.Root));
    }
}
