using Tare.Archive.Layers;
using Tare.Archive.Tar;
using Tare.Archive.Trees;
using Tare.Errors;
using Tare.Linux;
using static Tare.Tests.Kernel.Archive.LayerDirectory;

namespace Tare.Tests.Kernel.Archive;

public sealed class OverlayTests : IDisposable
{
    private readonly LayerDirectory _lower = new();
    private readonly LayerDirectory _upper = new();
    private readonly string _merged;

    public OverlayTests()
    {
        _ = _lower.Apply(Tar(
            Entry(TarEntryType.Directory, "etc/"), Entry(TarEntryType.File, "etc/a", size: 3), Entry(TarEntryType.File, "etc/b"), Entry(TarEntryType.File, "etc/c"),
            Entry(TarEntryType.Directory, "old/"), Entry(TarEntryType.File, "old/x"), Entry(TarEntryType.File, "old/y"), Entry(TarEntryType.Directory, "usr/"),
            Entry(TarEntryType.Directory, "usr/bin/"), Entry(TarEntryType.Symlink, "bin", "usr/bin")));
        _merged = Path.Combine(_upper.Outside, "merged");
        _ = Directory.CreateDirectory(_merged);
        _ = Directory.CreateDirectory(Path.Combine(_upper.Outside, "work"));
        string options = $"lowerdir={_lower.Root},upperdir={_upper.Root},workdir={_upper.Outside}/work,redirect_dir=off,metacopy=off";
        Assert.Equal(Errno.None, Mount.TryMount("overlay", _merged, "overlay", 0, options));
    }

    private void ChangeThings()
    {
        File.WriteAllText(Path.Combine(_merged, "etc/a"), "changed");
        File.Delete(Path.Combine(_merged, "etc/b"));
        File.WriteAllText(Path.Combine(_merged, "etc/new"), "new");
        Directory.Delete(Path.Combine(_merged, "old"), recursive: true);
        _ = Directory.CreateDirectory(Path.Combine(_merged, "old"));
        File.WriteAllText(Path.Combine(_merged, "old/z"), "z");
    }

    [Fact]
    public void The_changes_of_a_container_are_listed_as_docker_diff_does()
    {
        ChangeThings();
        IEnumerable<string> changes = LayerChanges.List(_upper.Descriptor, [_lower.Descriptor]).Select(c => $"{"CAD"[(int)c.Kind]} {c.Path}");
        Assert.Equal(["C /etc", "C /etc/a", "D /etc/b", "A /etc/new", "C /old", "D /old/x", "D /old/y", "A /old/z"], changes);
    }

    [Fact]
    public void A_committed_container_shows_the_same_files_as_the_container_did()
    {
        ChangeThings();
        byte[] before = Export(_merged);
        using var committed = new LayerDirectory();
        _ = committed.Apply(_upper.Diff().Tar, _lower.Descriptor);
        string merged = Path.Combine(committed.Outside, "merged");
        _ = Directory.CreateDirectory(merged);
        Assert.Equal(Errno.None, Mount.TryMount("overlay", merged, "overlay", Mount.MS_RDONLY, $"lowerdir={committed.Root}:{_lower.Root}"));
        try
        {
            Assert.Equal(Names(before), Names(Export(merged)));
            Assert.False(File.Exists(Path.Combine(merged, "old/x")));
            Assert.Equal("changed", File.ReadAllText(Path.Combine(merged, "etc/a")));
        }
        finally
        {
            Assert.Equal(Errno.None, Mount.TryUnmount(merged, Mount.MNT_DETACH));
        }
    }

    [Fact]
    public void Copying_out_and_in_resolves_links_within_the_root_only()
    {
        File.CreateSymbolicLink(Path.Combine(_merged, "evil"), "/../../../../../../../tmp");
        using FileDescriptor root = Fcntl.Open(_merged, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        byte[] tar = Tar(Entry(TarEntryType.Directory, "bin/"), Entry(TarEntryType.File, "bin/tool", size: 4), Entry(TarEntryType.HardLink, "bin/tool2", "bin/tool"));
        _ = Assert.Throws<TareException>(() => TreeExtractor.Extract(root, "/", new MemoryStream(tar), new TreeExtractOptions { NoOverwriteDirNonDir = true }));
        _ = Directory.CreateDirectory(Path.Combine(_merged, "tmp"));
        TreeExtractor.Extract(root, "/bin", new MemoryStream(Tar(Entry(TarEntryType.File, "tool", size: 4))), new TreeExtractOptions { Owner = (5, 6) });
        TreeExtractor.Extract(root, "/evil", new MemoryStream(Tar(Entry(TarEntryType.File, "caught"))), new TreeExtractOptions());
        Assert.True(File.Exists(Path.Combine(_merged, "usr/bin/tool")));
        Assert.True(File.Exists(Path.Combine(_merged, "tmp/caught")));
        Assert.False(File.Exists("/tmp/caught"));
        Assert.Equal(5u, _upper.Status("usr/bin/tool").UserId);

        using (var path = TreePath.Open(root, "/bin"))
            Assert.Equal(("bin", "usr/bin"), (path.Describe().Name, path.Describe().LinkTarget));
        using (var path = TreePath.Open(root, "/bin/"))
        {
            using var stream = new MemoryStream();
            TreeExport.WritePath(path, stream);
            Assert.Equal(["bin/", "bin/tool"], Names(stream.ToArray()));
        }
        TareException missing = Assert.Throws<TareException>(() => TreePath.Open(root, "/no/such"));
        Assert.Equal(ErrorKind.NotFound, missing.Kind);
    }

    [Fact]
    public void An_export_leaves_out_what_is_mounted_in_the_container()
    {
        string volume = Path.Combine(_merged, "usr");
        Assert.Equal(Errno.None, Mount.TryMount("tmpfs", volume, "tmpfs", 0));
        try
        {
            File.WriteAllText(Path.Combine(volume, "secret"), "x");
            List<string> names = Names(Export(_merged));
            Assert.Contains("usr/", names);
            Assert.DoesNotContain("usr/secret", names);
            Assert.Contains("etc/a", names);
        }
        finally
        {
            Assert.Equal(Errno.None, Mount.TryUnmount(volume, Mount.MNT_DETACH));
        }
    }

    private static byte[] Export(string path)
    {
        using FileDescriptor root = Fcntl.Open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        using var stream = new MemoryStream();
        TreeExport.WriteAll(root, stream);
        return stream.ToArray();
    }

    private static List<string> Names(byte[] tar)
    {
        var reader = new TarReader(new MemoryStream(tar));
        var names = new List<string>();
        while (reader.Next() is { } entry)
            names.Add(entry.Name);
        return names;
    }

    public void Dispose()
    {
        _ = Mount.TryUnmount(_merged, Mount.MNT_DETACH);
        _lower.Dispose();
        _upper.Dispose();
    }
}
