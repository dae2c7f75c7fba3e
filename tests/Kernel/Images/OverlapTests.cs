using System.Security.Cryptography;
using Tare.Archive.Tar;
using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Images.Pull;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

/// <summary>What a pull does while bytes are still missing, from a registry that holds them back until the test has seen it.</summary>
public sealed class OverlapTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { HostDirectories = [] });
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        _ = _seen.TrySetResult();
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task A_layer_is_unpacked_while_the_rest_of_it_is_still_to_come()
    {
        byte[] layer = Layer("early", 8 << 20);
        Hold(layer, layer.Length / 2);
        Task pull = PullAsync(layer);
        await UntilAsync(() => IsUnpacked("early", 64 * 1024), pull);
        Assert.False(pull.IsCompleted);
        _seen.SetResult();
        await pull;
    }

    [Fact]
    public async Task A_layer_does_not_wait_for_one_below_it_that_comes_slowly()
    {
        byte[] below = Layer("below", 1 << 20), above = Layer("above", 1 << 20);
        Hold(below, 1000);
        Task pull = PullAsync(below, above);
        await UntilAsync(() => IsUnpacked("above", 1 << 20), pull);
        Assert.False(IsUnpacked("below", 1 << 20));
        _seen.SetResult();
        await pull;
        Assert.True(IsUnpacked("below", 1 << 20));
    }

    /// <summary>A layer of one file of bytes that do not compress.</summary>
    private static byte[] Layer(string name, int size)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteFile(name, RandomNumberGenerator.GetBytes(size));
        writer.End();
        return stream.ToArray();
    }

    /// <summary>Sends so many bytes of a layer, and the others when the test has seen what it waits for.</summary>
    private void Hold(byte[] tar, int after)
    {
        string blob = $"/blobs/{Digest.Of(ImageStoreFixture.Gzip(tar))}";
        _registry.Twist = request => request.Method == "GET" && request.Path.EndsWith(blob, StringComparison.Ordinal)
            ? new TestAnswer(200, ImageStoreFixture.Gzip(tar)) { HoldAfter = after, Hold = _seen.Task } : null;
    }

    private Task PullAsync(params byte[][] tars)
    {
        _ = _registry.AddImage("1", [.. tars.Select(tar => (ImageStoreFixture.Gzip(tar), tar, MediaTypes.OciLayerGzip))]);
        return ImagePull.PullAsync(
            _fixture.Store, _client.Open(Reference.Parse($"{_registry.Authority}/x:1"), RegistryCredentials.Anonymous), new ImagePullOptions(), _ => { }, CancellationToken.None);
    }

    private bool IsUnpacked(string name, long atLeast) => Directory.EnumerateFiles(Path.Combine(_fixture.Root, "snapshots"), name, SearchOption.AllDirectories).Any(f => new FileInfo(f).Length >= atLeast);

    private static async Task UntilAsync(Func<bool> condition, Task pull)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); !condition(); await Task.Delay(10))
        {
            Assert.True(waited.Elapsed < Patience, "nothing is unpacked while bytes are missing");
            if (pull.IsFaulted)
                await pull;
        }
    }
}
