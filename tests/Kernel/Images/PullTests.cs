using System.Collections.Concurrent;
using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Load;
using Tare.Images.Platforms;
using Tare.Images.Progress;
using Tare.Images.Pull;
using Tare.Images.Save;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Tests.Kernel.Images;

public sealed class PullTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { FirstBackOff = TimeSpan.FromMilliseconds(10), Silence = TimeSpan.FromSeconds(2), HostDirectories = [] });
    private readonly ConcurrentQueue<ImageProgress> _progress = new();

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task An_image_comes_with_its_layers_whether_plain_gzip_or_zstd()
    {
        byte[] a = ImageStoreFixture.Tar("a"), b = ImageStoreFixture.Tar("b"), c = ImageStoreFixture.Tar("c");
        Descriptor manifest = _registry.AddImage("1", (a, a, MediaTypes.OciLayer), (ImageStoreFixture.Gzip(b), b, MediaTypes.OciLayerGzip), (Zstd(c), c, MediaTypes.OciLayerZstd));

        PulledImage pulled = await PullAsync("1");
        Assert.Equal((manifest.Digest, false), (pulled.Digest, pulled.UpToDate));
        Assert.Equal([$"{_registry.Authority}/x@{manifest.Digest}"], pulled.Image.RepoDigests);
        ImageRootfs rootfs = await _fixture.Store.EnsureUnpackedAsync(pulled.Image);
        Assert.Equal(["c", "b", "a"], rootfs.LowerDirectories.Select(d => Path.GetFileName(Directory.GetFiles(d).Single())));
        Assert.Equal(3, _progress.Count(p => p.Status == "Pull complete"));
        Assert.Equal(3, _progress.Count(p => p.Status == "Download complete"));

        Assert.True((await PullAsync("1")).UpToDate);
        Assert.Equal(pulled.Image.Id, _fixture.Store.Resolve($"{_registry.Authority}/x@{manifest.Digest}").Id);
    }

    [Fact]
    public async Task An_index_gives_the_image_of_the_wanted_platform()
    {
        Descriptor index = AddIndex();
        PulledImage host = await PullAsync("many");
        Assert.Equal(("amd64", index.Digest), (host.Image.Config.Architecture, host.Digest));
        PulledImage other = await PullAsync("many", new ImagePullOptions { Platform = PlatformChoice.Parse("linux/arm64") });
        Assert.Equal("arm64", other.Image.Config.Architecture);
        Assert.Equal(other.Image.Id, _fixture.Store.Resolve($"{_registry.Authority}/x:many").Id);
        TareException missing = await Assert.ThrowsAsync<TareException>(() => PullAsync("many", new ImagePullOptions { Platform = PlatformChoice.Parse("linux/riscv64") }));
        Assert.Contains("no matching manifest for linux/riscv64", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statements_about_an_image_come_with_it()
    {
        byte[] a = ImageStoreFixture.Tar("a");
        Descriptor image = _registry.AddImage("amd64", (a, a, MediaTypes.OciLayer)) with { Platform = new Platform { Os = "linux", Architecture = "amd64" } };
        var statement = new ImageManifest
        {
            Config = _registry.AddBlob("{}"u8.ToArray(), MediaTypes.OciConfig),
            Layers = [_registry.AddBlob("{\"predicate\":1}"u8.ToArray(), "application/vnd.in-toto+json") with { Annotations = new() { ["in-toto.io/predicate-type"] = "https://spdx.dev/Document" } }],
        };
        Descriptor attestation = _registry.AddManifest("attestation", ImageJson.Bytes(statement, ImageJson.Default.ImageManifest), MediaTypes.OciManifest) with
        {
            Annotations = new() { ["vnd.docker.reference.type"] = "attestation-manifest", ["vnd.docker.reference.digest"] = image.Digest.ToString() },
            Platform = new Platform { Os = "unknown", Architecture = "unknown" },
        };
        _ = _registry.AddManifest("1", ImageJson.Bytes(new ImageIndex { Manifests = [image, attestation] }, ImageJson.Default.ImageIndex), MediaTypes.OciIndex);
        PulledImage pulled = await PullAsync("1");
        // A collection leaves them: the index that the name means leads to them.
        _fixture.Store.DropBroken();
        Assert.Equal("https://spdx.dev/Document", Assert.Single(Tare.Images.Attestations.ImageAttestations.Of(_fixture.Store, pulled.Image, [])).PredicateType);
        Assert.Empty(Tare.Images.Attestations.ImageAttestations.Of(_fixture.Store, pulled.Image, ["other"]));
        Assert.Equal(["image", "attestation"], ListedManifests.Of(_fixture.Store, pulled.Image).Select(m => m.About is null ? "image" : "attestation"));

        // They travel in an archive too.
        using var archive = new MemoryStream();
        using (ImageSave save = ImageSave.Prepare(_fixture.Store, [$"{_registry.Authority}/x:1"]))
            await save.WriteAsync(archive);
        archive.Position = 0;
        using var elsewhere = new ImageStoreFixture();
        LoadedImage loaded = Assert.Single(await ImageLoad.LoadAsync(elsewhere.Store, archive));
        elsewhere.Store.DropBroken();
        Assert.Equal(pulled.Image.Id, elsewhere.Store.Resolve($"{_registry.Authority}/x:1").Id);
        Assert.Equal("https://spdx.dev/Document", Assert.Single(Tare.Images.Attestations.ImageAttestations.Of(elsewhere.Store, loaded.Image, [])).PredicateType);
    }

    [Fact]
    public async Task An_image_of_another_platform_is_found_by_the_same_name()
    {
        _ = AddIndex();
        PulledImage arm = await PullAsync("many", new ImagePullOptions { Platform = PlatformChoice.Parse("linux/arm64") });
        PulledImage host = await PullAsync("many");
        Image named = _fixture.Store.Resolve($"{_registry.Authority}/x:many");
        Assert.Equal(host.Image.Id, PlatformImages.Find(_fixture.Store, named, PlatformChoice.Host, "x:many").Id);
        Assert.Equal(arm.Image.Id, PlatformImages.Find(_fixture.Store, named, PlatformChoice.Parse("linux/arm64"), "x:many").Id);
        TareException missing = Assert.Throws<TareException>(() => PlatformImages.Find(_fixture.Store, named, PlatformChoice.Parse("linux/s390x"), "x:many"));
        Assert.Equal(ErrorKind.NotFound, missing.Kind);
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_it_broke()
    {
        byte[] tar = Big(3_000_000);
        Descriptor layer = AddBig("1", tar);
        int asked = 0;
        _registry.Twist = r => r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) && Interlocked.Increment(ref asked) == 1
            ? new TestAnswer(200, tar[..1_000_000]) { Length = tar.Length } : null;
        _ = await PullAsync("1");
        AssertGoesOn(_registry.Seen.Last(r => r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal)).Header("range"), 1_000_000);
    }

    [Fact]
    public async Task A_pull_after_a_restart_fetches_only_what_was_missing()
    {
        byte[] first = ImageStoreFixture.Tar("first"), tar = Big(3_000_000);
        _ = _registry.AddImage("1", (first, first, MediaTypes.OciLayer), (tar, tar, MediaTypes.OciLayer));
        var big = Digest.Of(tar);
        _registry.Twist = r => r.Path.Contains(big.Hex, StringComparison.Ordinal)
            ? r.Header("range") is null ? new TestAnswer(200, tar[..2_000_000]) { Length = tar.Length } : new TestAnswer(404, []) { Delay = TimeSpan.FromMilliseconds(300) } : null;
        _ = await Assert.ThrowsAsync<TareException>(() => PullAsync("1"));
        Assert.Empty(_fixture.Store.List());

        _fixture.Reopen();
        _registry.Twist = _ => null;
        _registry.Seen.Clear();
        _ = await PullAsync("1");
        Assert.Equal(0, _registry.Count("GET", Digest.Of(first).Hex));
        AssertGoesOn(_registry.Seen.Single(r => r.Path.Contains(big.Hex, StringComparison.Ordinal)).Header("range"), 2_000_000);
    }

    [Fact]
    public async Task A_prune_leaves_no_blob_of_a_pull_that_was_cut_off()
    {
        byte[] first = ImageStoreFixture.Tar("first"), tar = Big(3_000_000);
        _ = _registry.AddImage("1", (first, first, MediaTypes.OciLayer), (tar, tar, MediaTypes.OciLayer));
        var big = Digest.Of(tar);
        _registry.Twist = r => r.Path.Contains(big.Hex, StringComparison.Ordinal) ? new TestAnswer(404, []) { Delay = TimeSpan.FromMilliseconds(300) } : null;
        _ = await Assert.ThrowsAsync<TareException>(() => PullAsync("1"));
        _fixture.Reopen();
        // Asked once already, what is held is remembered.
        Assert.All(_fixture.Store.Content.All(), blob => Assert.False(_fixture.Store.Content.Delete(blob)));
        _fixture.Store.DropBroken();
        Assert.Empty(_fixture.Store.Content.All());
    }

    [Fact]
    public async Task Two_pulls_of_one_image_at_once_fetch_each_blob_once()
    {
        byte[] tar = Big(2_000_000);
        Descriptor layer = AddBig("1", tar);
        _registry.Twist = r => r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) ? new TestAnswer(200, tar) { Delay = TimeSpan.FromMilliseconds(300) } : null;
        PulledImage[] pulled = await Task.WhenAll(PullAsync("1"), PullAsync("1"), PullAsync("1"));
        Assert.Single(pulled.Select(p => p.Image.Id).Distinct());
        Assert.Equal(1, _registry.Count("GET", layer.Digest.Hex));
    }

    [Fact]
    public async Task One_of_two_pulls_may_be_cancelled_without_harm_to_the_other()
    {
        byte[] tar = Big(2_000_000);
        Descriptor layer = AddBig("1", tar);
        _registry.Twist = r => r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) ? new TestAnswer(200, tar) { Delay = TimeSpan.FromMilliseconds(500) } : null;
        using var cancel = new CancellationTokenSource();
        Task<PulledImage> given = PullAsync("1", cancel: cancel.Token);
        Task<PulledImage> other = PullAsync("1");
        await Task.Delay(200);
        await cancel.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.NotNull((await other).Image);
    }

    public static TheoryData<string> Lies() => ["wrong digest", "too long", "not json", "both", "twice", "foreign", "artifact", "huge size", "negative size", "too deep", "schema 1", "wrong diffID"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_lie_is_refused_and_nothing_of_it_is_visible(string lie)
    {
        byte[] tar = ImageStoreFixture.Tar("a");
        byte[] evil = ImageStoreFixture.Tar("evil");
        Descriptor layer = Digest.Of(tar) is var digest ? new Descriptor { MediaType = MediaTypes.OciLayer, Digest = digest, Size = tar.Length } : throw new InvalidOperationException();
        _ = lie == "wrong diffID" ? _registry.AddImage("1", (tar, evil, MediaTypes.OciLayer)) : _registry.AddImage("1", (tar, tar, MediaTypes.OciLayer));
        string config = $$"""{"mediaType":"{{MediaTypes.OciConfig}}","digest":"{{Digest.Of("{}"u8)}}","size":2}""";
        string Layer(string size = "10", string type = MediaTypes.OciLayer) => $$"""{"mediaType":"{{type}}","digest":"{{layer.Digest}}","size":{{size}}}""";
        string Manifest(string layers, string more = "") => $$"""{"schemaVersion":2,"config":{{config}},"layers":[{{layers}}]{{more}}}""";
        string? json = lie switch
        {
            "not json" => "<html>",
            "both" => Manifest(Layer(), ",\"manifests\":[]"),
            "twice" => Manifest(Layer(), ",\"Layers\":[]"),
            "foreign" => Manifest(Layer("10", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")),
            "artifact" => Manifest(Layer()).Replace(MediaTypes.OciConfig, "application/vnd.example+json", StringComparison.Ordinal),
            "huge size" => Manifest(Layer("9223372036854775807")),
            "negative size" => Manifest(Layer("-5")),
            "too deep" => Manifest(Layer(), ",\"x\":" + new string('[', 200) + new string(']', 200)),
            "schema 1" => """{"schemaVersion":1,"fsLayers":[]}""",
            _ => null,
        };
        if (json is not null)
            _ = _registry.AddManifest("1", System.Text.Encoding.UTF8.GetBytes(json), MediaTypes.OciManifest);
        _registry.Twist = r => !r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) ? null : lie switch
        {
            "wrong digest" => new TestAnswer(200, [.. Enumerable.Repeat((byte)7, tar.Length)]),
            "too long" => new TestAnswer(200, [.. tar, .. tar]),
            _ => null,
        };
        TareException error = await Assert.ThrowsAsync<TareException>(() => PullAsync("1"));
        Assert.True(error.Kind is ErrorKind.InvalidArgument or ErrorKind.NotSupported, $"{error.Kind}: {error.Message}");
        Assert.Empty(_fixture.Store.List());
        Assert.Empty(_fixture.Store.Snapshots.All());
    }

    [Fact]
    public async Task A_registry_that_falls_silent_is_asked_again_and_then_given_up()
    {
        Descriptor layer = AddBig("1", Big(100_000));
        _registry.Twist = r => r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) ? new TestAnswer(200, []) { Delay = TimeSpan.FromSeconds(30) } : null;
        using var impatient = new RegistryClient(new RegistryOptions { Attempts = 2, FirstBackOff = TimeSpan.FromMilliseconds(10), Silence = TimeSpan.FromMilliseconds(300), HostDirectories = [] });
        TareException error = await Assert.ThrowsAsync<TareException>(() => PullAsync("1", client: impatient));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal(2, _registry.Count("GET", layer.Digest.Hex));
    }

    [Fact]
    public async Task A_redirect_to_another_host_gets_no_credentials()
    {
        using var elsewhere = new TestRegistry();
        byte[] tar = ImageStoreFixture.Tar("a");
        Descriptor layer = AddBig("1", tar);
        _ = elsewhere.AddBlob(tar, MediaTypes.OciLayer);
        _registry.Twist = r => r.Header("authorization") is null ? new TestAnswer(401, []) { Headers = { ["WWW-Authenticate"] = "Basic realm=\"x\"" } }
            : r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) ? new TestAnswer(307, []) { Headers = { ["Location"] = $"http://{elsewhere.Authority}{r.Path}" } } : null;
        _ = await PullAsync("1", credentials: new RegistryCredentials { User = "u", Password = "p" });
        Assert.Equal("Basic dTpw", _registry.Seen.Last().Header("authorization"));
        Assert.Null(Assert.Single(elsewhere.Seen).Header("authorization"));
    }

    [Fact]
    public async Task A_token_is_fetched_once_from_the_registrys_own_server()
    {
        byte[] tar = ImageStoreFixture.Tar("a");
        _ = AddBig("1", tar);
        _registry.Twist = r => r.Path.StartsWith("/token", StringComparison.Ordinal) ? new TestAnswer(200, "{\"token\":\"abc\"}"u8.ToArray())
            : r.Header("authorization") == "Bearer abc" ? null
            : new TestAnswer(401, []) { Headers = { ["WWW-Authenticate"] = $"Bearer realm=\"http://{_registry.Authority}/token\",service=\"s\",scope=\"repository:x:pull\"" } };
        _ = await PullAsync("1", credentials: new RegistryCredentials { User = "u", Password = "p" });
        SeenRequest asked = Assert.Single(_registry.Seen, r => r.Path.StartsWith("/token", StringComparison.Ordinal));
        Assert.Contains("scope=repository%3Ax%3Apull", asked.Path, StringComparison.Ordinal);
        Assert.Equal("Basic dTpw", asked.Header("authorization"));
    }

    [Fact]
    public async Task A_token_server_on_a_foreign_host_is_refused_and_never_asked()
    {
        using var foreign = new TestRegistry();
        _registry.Twist = _ => new TestAnswer(401, []) { Headers = { ["WWW-Authenticate"] = $"Bearer realm=\"http://localhost:{foreign.Authority.Split(':')[1]}/token\",service=\"s\"" } };
        TareException error = await Assert.ThrowsAsync<TareException>(() => PullAsync("1", credentials: new RegistryCredentials { User = "u", Password = "p" }));
        Assert.Equal(ErrorKind.Forbidden, error.Kind);
        Assert.Contains("token-realm", error.Message, StringComparison.Ordinal);
        Assert.Empty(foreign.Seen);
    }

    [Fact]
    public async Task An_image_that_is_removed_while_another_is_pulled_goes_and_the_other_comes()
    {
        Image old = await _fixture.ImportAsync("old:1", "o");
        byte[] tar = Big(1_000_000);
        Descriptor layer = AddBig("1", tar);
        _registry.Twist = r => r.Path.Contains(layer.Digest.Hex, StringComparison.Ordinal) ? new TestAnswer(200, tar) { Delay = TimeSpan.FromMilliseconds(300) } : null;
        Task<PulledImage> pull = PullAsync("1");
        await Task.Delay(100);
        _ = Tare.Images.Remove.ImageRemove.Remove(_fixture.Store, "old:1", false, _ => []);
        PulledImage pulled = await pull;
        Assert.False(_fixture.Store.TryGet(old.Id, out _));
        Assert.False(_fixture.Store.Content.Contains(old.ConfigBlob.Digest));
        Assert.True(_fixture.Store.Content.Contains(pulled.Image.ConfigBlob.Digest));
    }

    /// <summary>A range from where the connection broke. One that is reset may lose bytes that had arrived and were not read yet; these are asked for again.</summary>
    private static void AssertGoesOn(string? range, int sent) => Assert.InRange(int.Parse(range!["bytes=".Length..].TrimEnd('-')), 1, sent);

    private Task<PulledImage> PullAsync(
        string tag, ImagePullOptions? options = null, RegistryCredentials? credentials = null, RegistryClient? client = null, CancellationToken cancel = default) =>
        ImagePull.PullAsync(
            _fixture.Store, (client ?? _client).Open(Reference.Parse($"{_registry.Authority}/x:{tag}"), credentials ?? RegistryCredentials.Anonymous),
            options ?? new ImagePullOptions(), _progress.Enqueue, cancel);

    private Descriptor AddBig(string tag, byte[] tar)
    {
        _ = _registry.AddImage(tag, (tar, tar, MediaTypes.OciLayer));
        return new Descriptor { MediaType = MediaTypes.OciLayer, Digest = Digest.Of(tar), Size = tar.Length };
    }

    private Descriptor AddIndex()
    {
        byte[] a = ImageStoreFixture.Tar("a");
        Descriptor Of(string architecture) => _registry.AddImage(architecture, architecture, (a, a, MediaTypes.OciLayer)) with { Platform = new Platform { Os = "linux", Architecture = architecture } };
        var index = new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [Of("arm64"), Of("amd64")] };
        return _registry.AddManifest("many", ImageJson.Bytes(index, ImageJson.Default.ImageIndex), MediaTypes.OciIndex);
    }

    /// <summary>A tar of one file of random bytes.</summary>
    private static byte[] Big(int size)
    {
        byte[] content = new byte[size];
        new Random(1).NextBytes(content);
        using var stream = new MemoryStream();
        var writer = new Tare.Archive.Tar.TarWriter(stream);
        writer.WriteFile("big", content);
        writer.End();
        return stream.ToArray();
    }

    /// <summary>A zstd frame of raw blocks (RFC 8878): no compressor is needed to make one.</summary>
    private static byte[] Zstd(byte[] content)
    {
        using var stream = new MemoryStream();
        stream.Write([0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000]);
        stream.Write(BitConverter.GetBytes(content.Length));
        for (int at = 0; at < content.Length; at += 100_000)
        {
            int length = Math.Min(100_000, content.Length - at);
            int header = (length << 3) | (at + length == content.Length ? 1 : 0);
            stream.Write([(byte)header, (byte)(header >> 8), (byte)(header >> 16)]);
            stream.Write(content, at, length);
        }
        return stream.ToArray();
    }
}
