using System.Text;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Load;
using Tare.Images.Save;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

public sealed class LoadAndSaveTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_saved_image_loads_elsewhere_as_the_same_image(bool compressed)
    {
        using var from = new ImageStoreFixture();
        Image image = await from.ImportAsync("x:1", "a", "b");
        _ = from.Store.Tag(image.Id, Reference.Parse("registry.example:5000/y:2"));
        byte[] archive = await SaveAsync(from.Store, "x:1", "registry.example:5000/y");

        using var to = new ImageStoreFixture();
        LoadedImage loaded = Assert.Single(await ImageLoad.LoadAsync(to.Store, new MemoryStream(compressed ? ImageStoreFixture.Gzip(archive) : archive)));
        Assert.Equal((image.Id, image.Manifest.Digest), (loaded.Image.Id, loaded.Image.Manifest.Digest));
        Assert.Equal(["registry.example:5000/y:2", "x:1"], to.Store.Resolve("x:1").RepoTags.Order(StringComparer.Ordinal));
        ImageRootfs rootfs = await to.Store.EnsureUnpackedAsync(loaded.Image);
        Assert.Equal("b", File.ReadAllText(Path.Combine(rootfs.LowerDirectories[0], "b")));
        Assert.Equal(archive, await SaveAsync(to.Store, "x:1", "registry.example:5000/y"));
    }

    [Fact]
    public async Task An_archive_of_old_docker_with_linked_layers_loads()
    {
        byte[] layer = ImageStoreFixture.Tar("a");
        byte[] second = ImageStoreFixture.Gzip(ImageStoreFixture.Tar("b"));
        byte[] archive = DockerArchive(layer, second, Digest.Of(layer), Digest.Of(ImageStoreFixture.Tar("b")));
        using var fixture = new ImageStoreFixture();
        LoadedImage loaded = Assert.Single(await ImageLoad.LoadAsync(fixture.Store, new MemoryStream(archive)));
        Assert.Equal(["old:1"], loaded.Image.RepoTags);
        Assert.Equal([MediaTypes.OciLayer, MediaTypes.OciLayerGzip, MediaTypes.OciLayer], loaded.Image.Layers.Select(l => l.MediaType));
        Assert.Equal(3, (await fixture.Store.EnsureUnpackedAsync(loaded.Image)).LowerDirectories.Count);
        // Legacy metadata of the archive is not kept: manifest, config and two distinct layers are.
        Assert.Equal(4, fixture.Store.Content.All().Count);
    }

    [Fact]
    public async Task A_layer_that_is_not_what_the_config_says_is_refused_and_leaves_nothing()
    {
        byte[] layer = ImageStoreFixture.Tar("a");
        using var fixture = new ImageStoreFixture();
        IReadOnlyList<string> before = fixture.Files();
        byte[] archive = DockerArchive(layer, layer, Digest.Of(layer), Digest.Of("something else"u8));
        TareException error = await Assert.ThrowsAsync<TareException>(() => ImageLoad.LoadAsync(fixture.Store, new MemoryStream(archive)));
        Assert.Contains("does not match its diffID", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, fixture.Files());
    }

    public static TheoryData<string, byte[]> Broken()
    {
        byte[] saved = DockerArchive(ImageStoreFixture.Tar("a"), ImageStoreFixture.Tar("b"), Digest.Of(ImageStoreFixture.Tar("a")), Digest.Of(ImageStoreFixture.Tar("b")));
        return new()
        {
            { "neither manifest.json", ImageStoreFixture.Tar("a") },
            { "checksum", [.. Encoding.ASCII.GetBytes(new string('x', 2000))] },
            { "ends in the middle", saved[..(saved.Length / 2 / 512 * 512 + 100)] },
            { "does not hold", Archive(("manifest.json", "[{\"Config\":\"missing.json\",\"Layers\":[]}]"u8.ToArray())) },
            { "invalid manifest.json", Archive(("manifest.json", "[{\"Config\":7}]"u8.ToArray())) },
            { "leaves the root", Archive(("manifest.json", "[{\"Config\":\"../../etc/passwd\",\"Layers\":[]}]"u8.ToArray())) },
            { "does not match its digest", Archive(($"blobs/sha256/{new string('a', 64)}", "x"u8.ToArray())) },
            { "not named by a digest", Archive(("blobs/sha256/../x".Replace("../", "zz", StringComparison.Ordinal), "x"u8.ToArray())) },
            { "invalid image index", Archive(("oci-layout", "{}"u8.ToArray()), ("index.json", "{\"manifests\":[{\"digest\":\"sha256:../../x\",\"size\":1}]}"u8.ToArray())) },
            { "it also has", Archive(("oci-layout", "{}"u8.ToArray()), ("index.json", "{\"manifests\":[],\"layers\":[]}"u8.ToArray())) },
            { "larger than", Archive(("manifest.json", new byte[9 << 20])) },
        };
    }

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public async Task A_broken_archive_is_refused_with_a_reason_and_leaves_nothing(string reason, byte[] archive)
    {
        using var fixture = new ImageStoreFixture();
        IReadOnlyList<string> before = fixture.Files();
        TareException error = await Assert.ThrowsAsync<TareException>(() => ImageLoad.LoadAsync(fixture.Store, new MemoryStream(archive)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, fixture.Files());
    }

    [Fact]
    public async Task A_stream_that_is_only_asynchronous_is_enough()
    {
        using var fixture = new ImageStoreFixture();
        _ = await fixture.ImportAsync("x", "a");
        byte[] archive = await SaveAsync(fixture.Store, "x");
        var pipe = new System.IO.Pipelines.Pipe();
        Task write = Task.Run(async () =>
        {
            await pipe.Writer.WriteAsync(archive);
            await pipe.Writer.CompleteAsync();
        });
        Assert.Equal(["x:latest"], Assert.Single(await ImageLoad.LoadAsync(fixture.Store, pipe.Reader.AsStream())).Image.RepoTags);
        await write;
    }

    private static async Task<byte[]> SaveAsync(ImageStore store, params string[] names)
    {
        using var save = ImageSave.Prepare(store, names);
        using var stream = new MemoryStream();
        await save.WriteAsync(stream);
        return stream.ToArray();
    }

    private static byte[] Archive(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        foreach ((string name, byte[] content) in files)
            writer.WriteFile(name, content);
        writer.End();
        return stream.ToArray();
    }

    // Three layers, the last one a link to the first, as docker save wrote before version 25.
    private static byte[] DockerArchive(byte[] first, byte[] second, Digest firstId, Digest secondId)
    {
        var config = new ImageConfig { Architecture = "amd64", Os = "linux", Rootfs = new ImageRootFs { DiffIds = [firstId, secondId, firstId] } };
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteFile("1/VERSION", "1.0"u8);
        writer.WriteFile("1/layer.tar", first);
        writer.WriteFile("2/layer.tar", second);
        writer.Begin(new TarEntry { Type = TarEntryType.Symlink, Name = "3/layer.tar", LinkName = "../1/layer.tar" });
        writer.WriteFile("config.json", ImageJson.Bytes(config, ImageJson.Default.ImageConfig));
        writer.WriteFile("manifest.json", ImageJson.Bytes(
            [new DockerArchiveImage { Config = "config.json", RepoTags = ["old:1"], Layers = ["1/layer.tar", "2/layer.tar", "3/layer.tar"] }], ImageJson.Default.DockerArchiveImageArray));
        writer.End();
        return stream.ToArray();
    }
}
