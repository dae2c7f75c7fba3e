using System.Collections.Concurrent;
using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Distribution.Repositories;
using Tare.Images;
using Tare.Images.Load;
using Tare.Images.Progress;
using Tare.Images.Pull;
using Tare.Images.Push;
using Tare.Images.Remove;
using Tare.Images.Save;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

public sealed class PushTests : IDisposable
{
    private readonly DebianRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { FirstBackOff = TimeSpan.FromMilliseconds(10), HostDirectories = [] });
    private readonly ConcurrentQueue<ImageProgress> _progress = new();

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task What_is_pushed_is_pulled_elsewhere_as_the_same_image()
    {
        Image image = await MakeAsync("x:1", "a", "b");
        PushedImage pushed = await PushAsync("x:1");
        Assert.Equal([$"{_registry.Authority}/x@{pushed.Manifest.Digest}"], _fixture.Store.Resolve($"{_registry.Authority}/x:1").Digests.Select(d => d.Familiar));
        Assert.Equal("Pushed", _progress.Last().Status);

        using var elsewhere = new ImageStoreFixture();
        PulledImage pulled = await ImagePull.PullAsync(elsewhere.Store, Open("x:1"), new ImagePullOptions(), _ => { }, CancellationToken.None);
        Assert.Equal((image.Id, pushed.Manifest.Digest), (pulled.Image.Id, pulled.Digest));
        // A plain layer travels compressed.
        Assert.All(pulled.Image.Layers, l => Assert.Equal(MediaTypes.OciLayerGzip, l.MediaType));
    }

    [Fact]
    public async Task A_second_push_sends_nothing_and_another_repository_is_mounted()
    {
        _ = await MakeAsync("x:1", "a");
        Descriptor first = (await PushAsync("x:1")).Manifest;
        _progress.Clear();
        Assert.Equal(first.Digest, (await PushAsync("x:1")).Manifest.Digest);
        Assert.Equal("Layer already exists", _progress.Last().Status);

        _ = _fixture.Store.Tag(_fixture.Store.Resolve($"{_registry.Authority}/x:1").Id, Reference.Parse($"{_registry.Authority}/team/y:2"));
        // The pulled form is what other repositories are known to have.
        _ = await ImagePull.PullAsync(_fixture.Store, Open("x:1"), new ImagePullOptions(), _ => { }, CancellationToken.None);
        _progress.Clear();
        _ = await PushAsync("team/y:2");
        Assert.Contains(_progress.Last().Status, (string[])["Mounted from x", "Pushed"]);
    }

    [Fact]
    public async Task A_plain_layer_that_the_registry_has_compressed_is_neither_compressed_nor_sent()
    {
        Image image = await MakeAsync("x:1", "a");
        Descriptor first = (await PushAsync("x:1")).Manifest;
        // Only the archive comes back, and what was compressed is gone.
        string archive = Path.Combine(_fixture.Root, "saved.tar");
        await using (FileStream saved = File.Create(archive))
        {
            using ImageSave save = ImageSave.Prepare(_fixture.Store, [image.Id.ToString()]);
            await save.WriteAsync(saved);
        }
        _ = ImageRemove.Remove(_fixture.Store, image.Id.ToString(), force: true, _ => []);
        Assert.Empty(_fixture.Store.Content.All());
        await using (FileStream saved = File.OpenRead(archive))
            _ = await ImageLoad.LoadAsync(_fixture.Store, saved);

        foreach ((string name, string said) in new[] { ("x:2", "Layer already exists"), ("team/y:1", "Mounted from x") })
        {
            _ = _fixture.Store.Tag(image.Id, Reference.Parse($"{_registry.Authority}/{name}"));
            _progress.Clear();
            Assert.Equal(first.Digest, (await PushAsync(name)).Manifest.Digest);
            Assert.Equal(said, _progress.Last().Status);
            Assert.Equal(first.Digest, (await ManifestGet.RunAsync(Open(name), name.Split(':')[1], CancellationToken.None)).Descriptor.Digest);
        }
    }

    [Fact]
    public async Task An_index_whose_images_are_all_here_goes_as_a_whole()
    {
        using var source = new TestRegistry();
        byte[] tar = ImageStoreFixture.Tar("a");
        Descriptor Of(string architecture) => source.AddImage(architecture, architecture, (tar, tar, MediaTypes.OciLayer)) with { Platform = new Platform { Os = "linux", Architecture = architecture } };
        var index = new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [Of("arm64"), Of("amd64")] };
        Descriptor top = source.AddManifest("1", ImageJson.Bytes(index, ImageJson.Default.ImageIndex), MediaTypes.OciIndex);
        foreach (string platform in (string[])["linux/arm64", "linux/amd64"])
        {
            _ = await ImagePull.PullAsync(_fixture.Store, _client.Open(Reference.Parse($"{source.Authority}/x:1"), RegistryCredentials.Anonymous),
                new ImagePullOptions { Platform = Tare.Images.Platforms.PlatformChoice.Parse(platform) }, _ => { }, CancellationToken.None);
        }
        _ = _fixture.Store.Tag(_fixture.Store.Resolve($"{source.Authority}/x:1").Id, Reference.Parse($"{_registry.Authority}/many:1"));
        Assert.Equal(top.Digest, (await PushAsync("many:1")).Manifest.Digest);
        FetchedManifest there = await ManifestGet.RunAsync(Open("many:1"), "1", CancellationToken.None);
        Assert.Equal(ImageJson.Bytes(index, ImageJson.Default.ImageIndex), there.Content);
    }

    [Fact]
    public async Task A_manifest_is_copied_between_repositories_by_mounting_its_blobs()
    {
        _ = await MakeAsync("x:1", "a");
        Descriptor manifest = (await PushAsync("x:1")).Manifest;
        await ManifestCopy.RunAsync(Open("x:1"), Open("other/z:1"), manifest.Digest, CancellationToken.None);
        Assert.Equal(manifest.Digest, (await ManifestGet.RunAsync(Open("other/z:1"), manifest.Digest.ToString(), CancellationToken.None)).Descriptor.Digest);
        Assert.Equal(["1"], await TagsGet.RunAsync(Open("x:1"), CancellationToken.None));
    }

    private async Task<Image> MakeAsync(string name, params string[] files) => await _fixture.ImportAsync($"{_registry.Authority}/{name}", files);

    private Repository Open(string name) => _client.Open(Reference.Parse($"{_registry.Authority}/{name}"), RegistryCredentials.Anonymous);

    private Task<PushedImage> PushAsync(string name) => ImagePush.PushAsync(_fixture.Store, Open(name), new ImagePushOptions(), _progress.Enqueue, CancellationToken.None);
}
