using System.Diagnostics;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Make;
using Tare.Images.Remove;
using Tare.Linux;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

public sealed class ImageStoreTests
{
    private static readonly Func<Digest, IEnumerable<ImageUse>> Unused = _ => [];

    [Fact]
    public async Task An_imported_image_is_found_by_name_id_and_prefix_and_survives_a_restart()
    {
        using var fixture = new ImageStoreFixture();
        Image image = await fixture.ImportAsync("x", "a", "dir/b");
        fixture.Reopen();
        foreach (string name in new[] { "x", "x:latest", "docker.io/library/x", image.Id.ToString(), image.Id.Short, image.Id.Hex[..3], image.RepoDigests.Single() })
            Assert.Equal(image.Id, fixture.Store.Resolve(name).Id);
        Image found = fixture.Store.Resolve("x");
        Assert.Equal(["x:latest"], found.RepoTags);
        Assert.Equal(["/a"], found.Config.Config!.Cmd!);
        Assert.Equal("a".Length + "dir/b".Length, found.Size);
        ImageHistoryLine line = Assert.Single(ImageHistoryList.Of(found));
        Assert.Equal((found.Id.ToString(), "made by a test", found.Size), (line.Id, line.Comment, line.Size));

        ImageRootfs rootfs = await fixture.Store.EnsureUnpackedAsync(found);
        Assert.Equal("dir/b", File.ReadAllText(Path.Combine(Assert.Single(rootfs.LowerDirectories), "dir/b")));
    }

    [Fact]
    public void An_unknown_image_is_reported_in_dockers_words()
    {
        using var fixture = new ImageStoreFixture();
        Assert.Equal("No such image: x:latest", Assert.Throws<TareException>(() => fixture.Store.Resolve("x")).Message);
        Assert.Equal("No such image: me/x:1", Assert.Throws<TareException>(() => fixture.Store.Resolve("docker.io/me/x:1")).Message);
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => fixture.Store.Resolve("../x")).Kind);
    }

    [Fact]
    public async Task An_unpacked_image_is_answered_from_memory_in_microseconds()
    {
        using var fixture = new ImageStoreFixture();
        _ = await fixture.ImportAsync("x", "a");
        _ = await fixture.Store.EnsureUnpackedAsync(fixture.Store.Resolve("x"));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 2000; i++)
            Assert.True(fixture.Store.EnsureUnpackedAsync(fixture.Store.Resolve("x")).IsCompletedSuccessfully);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMicroseconds / 2000, 0, 200);
    }

    [Fact]
    public async Task A_commit_stacks_a_layer_and_shares_the_ones_below()
    {
        using var fixture = new ImageStoreFixture();
        Image basis = await fixture.ImportAsync("x", "a", "b");
        string upper = Path.Combine(fixture.Root, "upper");
        _ = Directory.CreateDirectory(upper);
        File.WriteAllText(Path.Combine(upper, "c"), "c");
        using FileDescriptor descriptor = Fcntl.Open(upper, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        Assert.Equal(Errno.None, Stat.TryMakeNode(descriptor, "b", FileStatus.S_IFCHR));
        Image image = await ImageCommit.CommitAsync(fixture.Store, new ImageCommitOptions
        {
            Base = basis,
            Upper = descriptor,
            Config = basis.Config.Config!,
            Changes = ["ENV A=b"],
            Message = "second",
            CreatedBy = "/a",
            Reference = Reference.Parse("y"),
        });
        Assert.Equal(basis.DiffIds[0], image.DiffIds[0]);
        Assert.Equal((basis.Id, "A=b"), (image.Parent!, image.Config.Config!.Env!.Single()));
        Assert.Equal(["second", "made by a test"], ImageHistoryList.Of(image).Select(l => l.Comment));
        ImageRootfs rootfs = await fixture.Store.EnsureUnpackedAsync(image);
        Assert.Equal(2, rootfs.LowerDirectories.Count);
        Assert.True(File.Exists(Path.Combine(rootfs.LowerDirectories[0], "c")));
        Assert.Equal((await fixture.Store.EnsureUnpackedAsync(basis)).LowerDirectories[0], rootfs.LowerDirectories[1]);

        // The base goes, the layer that the new image shares with it stays.
        IReadOnlyList<RemovedImage> removed = ImageRemove.Remove(fixture.Store, "x", force: false, Unused);
        Assert.Equal(basis.Id.ToString(), Assert.Single(removed, r => r.Deleted is not null).Deleted);
        Assert.All(rootfs.LowerDirectories, d => Assert.True(Directory.Exists(d)));
    }

    [Fact]
    public async Task Removing_the_last_name_leaves_nothing_on_the_disk()
    {
        using var fixture = new ImageStoreFixture();
        IReadOnlyList<string> before = fixture.Files();
        Image image = await fixture.ImportAsync("x", "a", "deep/b");
        _ = fixture.Store.Tag(image.Id, Reference.Parse("x:2"));
        Assert.Equal(["x:2"], ImageRemove.Remove(fixture.Store, "x:2", false, Unused).Select(r => r.Untagged));
        IReadOnlyList<RemovedImage> removed = ImageRemove.Remove(fixture.Store, "x", false, Unused);
        Assert.Equal(["x:latest", image.RepoDigests.First()], removed.Where(r => r.Untagged is not null).Select(r => r.Untagged));
        Assert.Equal([image.Id.ToString(), image.TopChain!.ToString()], removed.Where(r => r.Deleted is not null).Select(r => r.Deleted));
        Assert.Equal(before, fixture.Files());
        Assert.Empty(fixture.Store.List());
    }

    [Fact]
    public async Task An_image_in_use_is_not_removed()
    {
        using var fixture = new ImageStoreFixture();
        Image image = await fixture.ImportAsync("x", "a");
        TareException stopped = Assert.Throws<TareException>(() => ImageRemove.Remove(fixture.Store, "x", false, _ => [new ImageUse("0123456789abcdef", false)]));
        Assert.Equal($"conflict: unable to remove repository reference \"x\" (must force) - container 0123456789ab is using its referenced image {image.Id.Short}", stopped.Message);
        TareException running = Assert.Throws<TareException>(() => ImageRemove.Remove(fixture.Store, image.Id.Short, true, _ => [new ImageUse("0123456789abcdef", true)]));
        Assert.Contains("(cannot be forced)", running.Message, StringComparison.Ordinal);
        _ = ImageRemove.Remove(fixture.Store, "x", true, _ => [new ImageUse("0123456789abcdef", false)]);
        Assert.True(Directory.Exists((await fixture.Store.EnsureUnpackedAsync(fixture.Store.Resolve(image.Id.Short))).LowerDirectories[0]));
    }

    [Fact]
    public async Task What_a_killed_process_left_behind_is_removed_on_open()
    {
        using var fixture = new ImageStoreFixture();
        _ = await fixture.ImportAsync("x", "a");
        IReadOnlyList<string> before = fixture.Files();
        Digest other = Digest.Of("other"u8);
        fixture.Database.Table("snapshots").Put(other.ToString(), System.Text.Encoding.ASCII.GetBytes($"{{\"Number\":77,\"DiffId\":\"{other}\"}}"));
        _ = Directory.CreateDirectory(Path.Combine(fixture.Root, "snapshots/77/fs/half"));
        _ = Directory.CreateDirectory(Path.Combine(fixture.Root, "snapshots/78/fs"));
        File.WriteAllText(Path.Combine(fixture.Root, "content/ingest/partial"), "x");
        File.WriteAllText(Path.Combine(fixture.Root, "content/blobs/sha256", other.Hex), "other");
        fixture.Reopen();
        Assert.Equal(before, fixture.Files());
        Assert.False(fixture.Database.Table("snapshots").TryGet(other.ToString(), out _));
    }

    [Fact]
    public async Task A_full_disk_is_reported_as_such_and_leaves_nothing()
    {
        string mount = Path.Combine("/var/tmp", $"tare-test-{Guid.NewGuid():N}");
        _ = Directory.CreateDirectory(mount);
        Assert.Equal(Errno.None, Mount.TryMount("tmpfs", mount, "tmpfs", 0, "size=6m"));
        try
        {
            using var fixture = new ImageStoreFixture(Path.Combine(mount, "root"));
            IReadOnlyList<string> before = fixture.Files();
            // The blob fits, the unpacked layer does not; then not even the blob.
            byte[] big = BigFile(4 << 20);
            foreach (byte[] archive in new[] { big, BigFile(12 << 20) })
            {
                TareException error = await Assert.ThrowsAsync<TareException>(() => ImageImport.ImportAsync(fixture.Store, new MemoryStream(archive), new ImageImportOptions()));
                Assert.Equal(ErrorKind.OutOfSpace, error.Kind);
                Assert.Equal(before, fixture.Files());
            }
        }
        finally
        {
            Assert.Equal(Errno.None, Mount.TryUnmount(mount, Mount.MNT_DETACH));
            Directory.Delete(mount);
        }
    }

    private static byte[] BigFile(int size)
    {
        using var stream = new MemoryStream();
        var writer = new Tare.Archive.Tar.TarWriter(stream);
        writer.WriteFile("big", new byte[size]);
        writer.End();
        return stream.ToArray();
    }
}
