using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Images;
using Tare.Images.Pull;
using Tare.Images.Usage;
using Tare.Images.Verify;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

public sealed class VerifyTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { HostDirectories = [] });

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task An_undamaged_store_has_nothing_to_report()
    {
        _ = await PullAsync();
        Assert.Empty(await VerifyAsync(heal: false));
    }

    [Fact]
    public async Task A_damaged_blob_is_found_and_healed_from_its_registry()
    {
        Image image = await PullAsync();
        string path = Path.Combine(_fixture.Root, "content", "blobs", "sha256", image.Layers[0].Digest.Hex);
        byte[] content = File.ReadAllBytes(path);
        content[700] ^= 1;
        File.WriteAllBytes(path, content);
        Damage damage = (await VerifyAsync(heal: false))[0];
        Assert.Equal(("blob", image.Layers[0].Digest, false), (damage.What, damage.Name, damage.Healed));
        Assert.True((await VerifyAsync(heal: true))[0].Healed);
        Assert.Empty(await VerifyAsync(heal: false));
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("missing")]
    [InlineData("stranger")]
    public async Task A_damaged_layer_is_found_and_healed_from_its_blob(string kind)
    {
        Image image = await PullAsync();
        string directory = (await _fixture.Store.EnsureUnpackedAsync(image)).LowerDirectories[^1];
        string file = Path.Combine(directory, "a");
        switch (kind)
        {
            case "content":
                DateTime time = File.GetLastWriteTimeUtc(file);
                File.WriteAllText(file, "b");
                File.SetLastWriteTimeUtc(file, time);
                break;
            case "mode":
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.SetUser);
                break;
            case "missing":
                File.Delete(file);
                break;
            default:
                File.WriteAllText(Path.Combine(directory, "evil"), "x");
                break;
        }
        Damage damage = Assert.Single(await VerifyAsync(heal: false));
        Assert.Equal(("layer", image.ChainIds[0], false), (damage.What, damage.Name, damage.Healed));
        Assert.False(Assert.Single(await VerifyAsync(heal: true, inUse: true)).Healed);
        Assert.True(Assert.Single(await VerifyAsync(heal: true)).Healed);
        Assert.Empty(await VerifyAsync(heal: false));
        Assert.Equal("a", File.ReadAllText(Path.Combine((await _fixture.Store.EnsureUnpackedAsync(image)).LowerDirectories[^1], "a")));
    }

    [Fact]
    public async Task Disk_usage_is_what_du_says_within_one_percent()
    {
        _ = await PullAsync();
        _ = await _fixture.ImportAsync("big:1", [.. Enumerable.Range(0, 400).Select(i => $"d{i % 7}/file{i}")]);
        var usage = new ImageUsage(_fixture.Store);
        long du = Directory.GetDirectories(Path.Combine(_fixture.Root, "snapshots")).Concat(Directory.GetFiles(Path.Combine(_fixture.Root, "content", "blobs", "sha256"))).Sum(Du);
        Assert.InRange(usage.Total(), du * 0.99, du * 1.01);
        IReadOnlyDictionary<Digest, ImageSpace> each = usage.Each();
        Assert.InRange(each.Values.Sum(s => s.Bytes - s.Shared) + each.Values.Max(s => s.Shared), du * 0.99, du * 1.01);
    }

    private static long Du(string path)
    {
        var start = new System.Diagnostics.ProcessStartInfo("du") { RedirectStandardOutput = true, ArgumentList = { "-s", "-B1", path } };
        using var process = System.Diagnostics.Process.Start(start)!;
        return long.Parse(process.StandardOutput.ReadToEnd().Split('\t')[0]);
    }

    private async Task<Image> PullAsync()
    {
        byte[] a = ImageStoreFixture.Tar("a"), b = ImageStoreFixture.Tar("b");
        _ = _registry.AddImage("1", (a, a, MediaTypes.OciLayer), (ImageStoreFixture.Gzip(b), b, MediaTypes.OciLayerGzip));
        return (await ImagePull.PullAsync(_fixture.Store, Open(Reference.Parse($"{_registry.Authority}/x:1")), new ImagePullOptions(), _ => { }, CancellationToken.None)).Image;
    }

    private Tare.Distribution.Repositories.Repository Open(Reference name) => _client.Open(name, RegistryCredentials.Anonymous);

    private Task<IReadOnlyList<Damage>> VerifyAsync(bool heal, bool inUse = false) => ImageVerify.RunAsync(
        _fixture.Store, _fixture.Store.List().ToList(), new ImageVerifyOptions { Heal = heal, Registry = Open, InUse = _ => inUse }, _ => { }, CancellationToken.None);
}
