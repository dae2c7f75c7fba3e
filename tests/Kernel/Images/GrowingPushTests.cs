using System.Security.Cryptography;
using Tare.Archive.Tar;
using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Make;
using Tare.Images.Push;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

/// <summary>Layers that are sent while they are compressed, to a registry that is slow, breaks, or wants it otherwise.</summary>
public sealed class GrowingPushTests : IDisposable
{
    private const int LayerSize = 24 << 20;

    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { FirstBackOff = TimeSpan.FromMilliseconds(10), HostDirectories = [] });

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task A_new_layer_goes_in_one_stream_and_is_what_its_digest_says()
    {
        Descriptor layer = await PushAsync();
        Assert.Equal(layer.Digest, Digest.Of(_registry.Blob(layer.Digest)!));
        Assert.Equal((1, "chunked"), (_registry.Count("PATCH", ""), _registry.Seen.Single(r => r.Method == "PATCH").Header("transfer-encoding")));
        Assert.Equal(0, _registry.Uploads.Running);
    }

    [Fact]
    public async Task A_stream_that_broke_goes_on_where_it_did()
    {
        _registry.Uploads.BreakAt = 9_000_000;
        Descriptor layer = await PushAsync();
        Assert.NotNull(_registry.Blob(layer.Digest));
        SeenRequest second = _registry.Seen.Last(r => r.Method == "PATCH");
        string start = second.Header("content-range")!.Split('-')[0];
        Assert.InRange(long.Parse(start, System.Globalization.CultureInfo.InvariantCulture), 8_900_000, 9_100_000);
        // The configuration is sent, too.
        Assert.InRange(_registry.Uploads.Taken, layer.Size, layer.Size + 10_000);
    }

    [Fact]
    public async Task A_registry_that_has_forgotten_a_broken_stream_gets_all_of_it_again()
    {
        _registry.Uploads.BreakAt = 9_000_000;
        _registry.Twist = request => request.Method == "GET" && request.Path.Contains("/uploads/", StringComparison.Ordinal) ? new TestAnswer(404, []) : null;
        Descriptor layer = await PushAsync();
        Assert.NotNull(_registry.Blob(layer.Digest));
        Assert.InRange(_registry.Uploads.Taken, layer.Size + 8_900_000, layer.Size + 9_200_000);
    }

    [Fact]
    public async Task A_registry_that_is_away_for_a_while_after_a_break_is_waited_for()
    {
        _registry.Uploads.BreakAt = 9_000_000;
        int refused = 0;
        _registry.Twist = request =>
            request.Method == "GET" && request.Path.Contains("/uploads/", StringComparison.Ordinal) && refused++ < 3 ? new TestAnswer(503, []) : null;
        Assert.NotNull(_registry.Blob((await PushAsync()).Digest));
        Assert.Equal(4, refused);
    }

    [Fact]
    public async Task A_registry_that_wants_to_know_the_length_is_told()
    {
        _registry.Twist = request => request.Header("transfer-encoding") is null ? null : new TestAnswer(411, []);
        Descriptor layer = await PushAsync();
        Assert.NotNull(_registry.Blob(layer.Digest));
        Assert.Equal($"{layer.Size}", _registry.Seen.Last(r => r.Method == "PATCH").Header("content-length"));
    }

    [Fact]
    public async Task A_slow_upload_of_what_the_registry_turns_out_to_have_is_given_up()
    {
        Descriptor layer = await PushAsync();
        long once = _registry.Uploads.Taken;
        using var another = new ImageStoreFixture();
        var known = new TaskCompletionSource();
        _registry.Twist = request =>
        {
            if (request.Method == "DELETE")
                known.SetResult();
            return null;
        };
        // No byte more is taken before the upload is given up.
        _registry.Uploads.Pause = () => _registry.Uploads.Taken < once + 1_000_000 ? Task.CompletedTask : known.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(layer.Digest, (await PushAsync(another)).Digest);
        // What was under way in the sockets is read all the same.
        Assert.InRange(_registry.Uploads.Taken, once, once + (LayerSize * 3 / 4));
        Assert.Equal(0, _registry.Uploads.Running);
    }

    [Fact]
    public async Task A_refused_stream_fails_with_the_registrys_words_and_leaves_nothing()
    {
        _registry.Twist = request => request.Method == "PATCH" ? new TestAnswer(403, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"the quota is used up\"}]}"u8.ToArray()) : null;
        TareException e = await Assert.ThrowsAsync<TareException>(() => PushAsync());
        Assert.Equal(ErrorKind.Forbidden, e.Kind);
        Assert.Contains("the quota is used up", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_fixture.Files(), f => f.Contains("/ingest/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_push_ends_and_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        _registry.Uploads.Pause = async () =>
        {
            if (_registry.Uploads.Taken > 2_000_000)
                await cancel.CancelAsync();
        };
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PushAsync(cancel: cancel.Token));
        Assert.DoesNotContain(_fixture.Files(), f => f.Contains("/ingest/", StringComparison.Ordinal));
    }

    /// <summary>Imports a layer that hardly compresses, always the same, and pushes it.</summary>
    private async Task<Descriptor> PushAsync(ImageStoreFixture? from = null, CancellationToken cancel = default)
    {
        ImageStore store = (from ?? _fixture).Store;
        Reference reference = Reference.Parse($"{_registry.Authority}/x:1");
        _ = await ImageImport.ImportAsync(store, new MemoryStream(Tar()), new ImageImportOptions { Reference = reference }, cancel);
        PushedImage pushed = await ImagePush.PushAsync(store, _client.Open(reference, RegistryCredentials.Anonymous), new ImagePushOptions(), _ => { }, cancel);
        return Assert.Single(ImageJson.Parse(store.Content.ReadAll(pushed.Manifest.Digest), ImageJson.Default.ImageManifest, "manifest").Layers);
    }

    private static byte[] Tar()
    {
        byte[] content = new byte[LayerSize];
        using var aes = Aes.Create();
        aes.Key = new byte[16];
        _ = aes.EncryptCbc(content, new byte[16], content, PaddingMode.None);
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteFile("f", content);
        writer.End();
        return stream.ToArray();
    }
}
