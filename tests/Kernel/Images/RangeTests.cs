using System.Diagnostics;
using System.Security.Cryptography;
using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Images.Pull;
using Tare.Oci;
using Tare.Oci.Image;
using Xunit.Abstractions;

namespace Tare.Tests.Kernel.Images;

public sealed class RangeTests(ITestOutputHelper output) : IDisposable
{
    private const int Speed = 8 << 20;

    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private string _big = "";

    public void Dispose()
    {
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task A_layer_that_comes_slowly_in_one_stream_goes_on_in_ranges_side_by_side()
    {
        byte[] tar = Big(40 << 20);
        Descriptor layer = _registry.AddImage("1", (tar, tar, MediaTypes.OciLayer));
        int running = 0, most = 0;
        _registry.Twist = r =>
        {
            if (!IsBlob(r))
                return null;
            most = Math.Max(most, Interlocked.Increment(ref running));
            _ = Task.Delay(TimeSpan.FromSeconds((3 << 20) / (double)Speed)).ContinueWith(_ => Interlocked.Decrement(ref running), TaskScheduler.Default);
            return TestRegistry.Part(tar, r) with { BytesPerSecond = Speed };
        };
        TimeSpan one = await PullAsync(ranges: 1);
        Assert.Equal(1, _registry.Count("GET", _big));
        _registry.Seen.Clear();
        using var elsewhere = new ImageStoreFixture();
        TimeSpan four = await PullAsync(ranges: 4, elsewhere);
        output.WriteLine($"in one stream {one.TotalSeconds:0.00} s, in four {four.TotalSeconds:0.00} s");

        Assert.True(most >= 3, $"at most {most} ranges side by side");
        Assert.InRange(_registry.Seen.Count(r => r.Header("range") is { } range && !range.EndsWith('-')), 8, 14);
        Assert.True(four < one, $"in one stream {one}, in four {four}");
        Assert.Equal(layer.Digest, elsewhere.Store.List().Single().Manifest.Digest);
    }

    [Fact]
    public async Task A_registry_that_gives_one_connection_only_is_read_in_one_stream_to_the_end()
    {
        byte[] tar = Big(40 << 20);
        _ = _registry.AddImage("1", (tar, tar, MediaTypes.OciLayer));
        _registry.Twist = r => !IsBlob(r) ? null
            : r.Header("range") is { } range && !range.EndsWith('-') ? new TestAnswer(429, []) : TestRegistry.Part(tar, r) with { BytesPerSecond = Speed };
        _ = await PullAsync(ranges: 4);
        // What one stream had brought was not asked for again.
        Assert.Contains(_registry.Seen, r => IsBlob(r) && r.Header("range") is { } range && range.EndsWith('-') && range != "bytes=0-");
    }

    private async Task<TimeSpan> PullAsync(int ranges, ImageStoreFixture? fixture = null)
    {
        using var client = new RegistryClient(new RegistryOptions
        {
            FirstBackOff = TimeSpan.FromMilliseconds(10),
            HostDirectories = [],
            RangesAtATime = ranges,
            SlowAfter = TimeSpan.FromMilliseconds(100),
        });
        var clock = Stopwatch.StartNew();
        _ = await ImagePull.PullAsync((fixture ?? _fixture).Store, client.Open(Reference.Parse($"{_registry.Authority}/x:1"), RegistryCredentials.Anonymous),
            new ImagePullOptions(), _ => { }, CancellationToken.None);
        return clock.Elapsed;
    }

    private bool IsBlob(SeenRequest request) => request.Path.EndsWith(_big, StringComparison.Ordinal);

    private byte[] Big(int size)
    {
        using var stream = new MemoryStream();
        var writer = new Tare.Archive.Tar.TarWriter(stream);
        writer.WriteFile("big", RandomNumberGenerator.GetBytes(size));
        writer.End();
        _big = Digest.Of(stream.ToArray()).Hex;
        return stream.ToArray();
    }
}
