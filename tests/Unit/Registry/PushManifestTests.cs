using System.Text;
using Tare.Oci.Image;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>The specification's "Pushing Manifests", and manifests nobody should accept.</summary>
public sealed class PushManifestTests : IAsyncLifetime
{
    private const string Config = "{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"CONFIG\",\"size\":2}";
    private RegistryFixture _registry = null!;
    private string _config = "";

    public async Task InitializeAsync()
    {
        _registry = await RegistryFixture.StartAsync();
        _config = await _registry.PushBlobAsync("team/app", "{}"u8.ToArray());
    }

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task A_pushed_manifest_has_a_location_and_its_digest()
    {
        byte[] manifest = await _registry.ImageAsync("team/app");
        using HttpResponseMessage put = await PutAsync("v1", manifest);
        await ExpectAsync(put, 201);
        Assert.Equal(DigestOf(manifest), Header(put, "Docker-Content-Digest"));
        Assert.Equal(manifest, await _registry.Http.GetByteArrayAsync(Header(put, "Location")));
    }

    [Fact]
    public async Task A_manifest_can_be_pushed_by_a_sha512_digest()
    {
        byte[] manifest = await _registry.ImageAsync("team/app");
        string digest = DigestOf(manifest, "sha512");
        using HttpResponseMessage put = await PutAsync(digest, manifest);
        await ExpectAsync(put, 201);
        Assert.Equal(digest, Header(put, "Docker-Content-Digest"));
        Assert.Equal(manifest, await _registry.Http.GetByteArrayAsync($"/v2/team/app/manifests/{digest}"));
    }

    [Fact]
    public async Task A_push_by_digest_sets_the_tags_of_its_parameters()
    {
        byte[] manifest = await _registry.ImageAsync("team/app");
        using HttpResponseMessage put = await PutAsync($"{DigestOf(manifest)}?tag=1&tag=1.2&tag=latest", manifest);
        await ExpectAsync(put, 201);
        Assert.Equal("1, 1.2, latest", Header(put, "OCI-Tag"));
        Assert.Equal(manifest, await _registry.Http.GetByteArrayAsync("/v2/team/app/manifests/1.2"));
    }

    [Fact]
    public async Task Content_under_another_digest_is_DIGEST_INVALID()
    {
        using HttpResponseMessage put = await PutAsync(DigestOf("x"u8.ToArray()), await _registry.ImageAsync("team/app"));
        await ExpectAsync(put, 400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task A_missing_blob_or_manifest_is_MANIFEST_BLOB_UNKNOWN_also_when_another_repository_has_it()
    {
        byte[] manifest = await _registry.ImageAsync("secret/app", "secret layer");
        using (HttpResponseMessage put = await PutAsync("v1", manifest))
            await ExpectAsync(put, 400, "MANIFEST_BLOB_UNKNOWN");
        (string child, byte[] bytes) = await _registry.PushImageAsync("secret/app", "v1");
        using HttpResponseMessage index = await PutAsync("v1", IndexOf((child, bytes.Length, "amd64")), MediaTypes.OciIndex);
        await ExpectAsync(index, 400, "MANIFEST_BLOB_UNKNOWN");
        using HttpResponseMessage get = await _registry.GetAsync("/v2/team/app/manifests/v1");
        Assert.Equal(404, (int)get.StatusCode);
    }

    [Fact]
    public async Task A_subject_that_is_not_there_yet_is_accepted_and_acknowledged()
    {
        string subject = DigestOf("later"u8.ToArray());
        using HttpResponseMessage put = await PutAsync("signature", await _registry.ImageAsync("team/app", subject: subject, artifactType: "application/x-signature"));
        await ExpectAsync(put, 201);
        Assert.Equal(subject, Header(put, "OCI-Subject"));
    }

    [Fact]
    public async Task Layers_that_may_not_be_distributed_need_not_be_there()
    {
        string foreign = DigestOf("foreign"u8.ToArray());
        using HttpResponseMessage put = await PutAsync("v1", Image(
            $"{{\"mediaType\":\"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip\",\"digest\":\"{foreign}\",\"size\":7,\"urls\":[\"https://example.org/l\"]}}"));
        await ExpectAsync(put, 201);
    }

    [Fact]
    public async Task Docker_schema_2_and_manifest_lists_keep_their_types()
    {
        byte[] manifest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Image("")).Replace(MediaTypes.OciManifest, MediaTypes.DockerManifest, StringComparison.Ordinal));
        using (HttpResponseMessage put = await PutAsync("v2", manifest, MediaTypes.DockerManifest))
            await ExpectAsync(put, 201);
        byte[] list = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(IndexOf((DigestOf(manifest), manifest.Length, "amd64"))).Replace(MediaTypes.OciIndex, MediaTypes.DockerIndex, StringComparison.Ordinal));
        using (HttpResponseMessage put = await PutAsync("list", list, MediaTypes.DockerIndex))
            await ExpectAsync(put, 201);
        using HttpResponseMessage get = await _registry.GetAsync("/v2/team/app/manifests/list", ("Accept", MediaTypes.DockerIndex));
        Assert.Equal(MediaTypes.DockerIndex, Header(get, "Content-Type"));
        Assert.Equal(list, await get.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Four_mebibytes_are_taken_and_more_is_413()
    {
        byte[] largest = Padded(4 << 20);
        using (HttpResponseMessage put = await PutAsync("large", largest))
            await ExpectAsync(put, 201);
        using (HttpResponseMessage put = await PutAsync("larger", Padded((4 << 20) + 1)))
            await ExpectAsync(put, 413, "MANIFEST_INVALID");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v2/team/app/manifests/stream") { Content = new StreamContent(new MemoryStream(Padded(5 << 20))) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage stream = await _registry.Http.SendAsync(request);
        await ExpectAsync(stream, 413, "MANIFEST_INVALID");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"schemaVersion\":1}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"manifests\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[],\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"layers\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"Layers\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"l\\u0061yers\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":{}}")]
    [InlineData("{\"schemaVersion\":2,\"layers\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:../../x\",\"size\":2,\"mediaType\":\"a/b\"},\"layers\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"DIGEST\",\"size\":99999999999999999999}]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"DIGEST\",\"size\":-1}]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"DIGEST\",\"size\":3}]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"subject\":{\"digest\":\"x\"}}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"annotations\":{\"a\":1}}")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}")]
    public async Task A_hostile_manifest_is_MANIFEST_INVALID(string text)
    {
        string config = Config.Replace("CONFIG", _config, StringComparison.Ordinal);
        byte[] manifest = Encoding.UTF8.GetBytes(text.Replace("CONFIG", config, StringComparison.Ordinal).Replace("DIGEST", _config, StringComparison.Ordinal));
        using HttpResponseMessage put = await PutAsync("hostile", manifest);
        await ExpectAsync(put, 400, "MANIFEST_INVALID");
        using HttpResponseMessage get = await _registry.GetAsync("/v2/team/app/manifests/hostile");
        Assert.Equal(404, (int)get.StatusCode);
    }

    [Fact]
    public async Task Deep_nesting_is_MANIFEST_INVALID()
    {
        string deep = "{\"schemaVersion\":2,\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        using HttpResponseMessage put = await PutAsync("deep", Encoding.ASCII.GetBytes(deep));
        await ExpectAsync(put, 400, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task A_tag_that_moved_is_not_overwritten_when_the_client_asks_for_that()
    {
        byte[] first = await _registry.ImageAsync("team/app", "one");
        byte[] second = await _registry.ImageAsync("team/app", "two");
        using (HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, "/v2/team/app/manifests/list", first, MediaTypes.OciManifest, ("If-None-Match", "*")))
            await ExpectAsync(put, 201);
        using (HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, "/v2/team/app/manifests/list", second, MediaTypes.OciManifest, ("If-None-Match", "*")))
            await ExpectAsync(put, 412, "MANIFEST_INVALID");
        using (HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, "/v2/team/app/manifests/list", second, MediaTypes.OciManifest, ("If-Match", $"\"{DigestOf(first)}\"")))
            await ExpectAsync(put, 201);
    }

    private byte[] Image(string layers) => Encoding.UTF8.GetBytes(
        $"{{\"schemaVersion\":2,\"mediaType\":\"{MediaTypes.OciManifest}\",\"config\":{Config.Replace("CONFIG", _config, StringComparison.Ordinal)},\"layers\":[{layers}]}}");

    private byte[] Padded(int size)
    {
        string manifest = Encoding.UTF8.GetString(Image(""));
        return Encoding.UTF8.GetBytes(manifest[..^1] + new string(' ', size - manifest.Length) + "}");
    }

    private Task<HttpResponseMessage> PutAsync(string reference, byte[] manifest, string type = MediaTypes.OciManifest) =>
        _registry.SendAsync(HttpMethod.Put, $"/v2/team/app/manifests/{reference}", manifest, type);
}
