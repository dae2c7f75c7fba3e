using System.Text;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>The specification's "Pull": blobs with ranges, manifests, HEAD.</summary>
public sealed class PullTests : IAsyncLifetime
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 9_000_001).Select(i => (byte)((i >> 8) ^ i))];
    private RegistryFixture _registry = null!;
    private string _blob = "";

    public async Task InitializeAsync()
    {
        _registry = await RegistryFixture.StartAsync();
        _blob = await _registry.PushBlobAsync("team/app", Content);
    }

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task The_base_says_that_the_protocol_is_spoken()
    {
        using HttpResponseMessage get = await _registry.GetAsync("/v2/");
        await ExpectAsync(get, 200);
        Assert.Equal("registry/2.0", Header(get, "Docker-Distribution-API-Version"));
    }

    [Fact]
    public async Task A_blob_comes_whole_with_its_digest_and_the_connection_stays_usable()
    {
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/blobs/{_blob}");
            Assert.Equal(200, (int)get.StatusCode);
            Assert.Equal(_blob, Header(get, "Docker-Content-Digest"));
            Assert.Equal(Content.Length, get.Content.Headers.ContentLength);
            Assert.Equal(_blob, DigestOf(await get.Content.ReadAsByteArrayAsync()));
            Assert.False(get.Headers.ConnectionClose == true);
        }
    }

    [Fact]
    public async Task HEAD_of_a_blob_has_size_and_digest_and_no_body()
    {
        using HttpResponseMessage head = await _registry.SendAsync(HttpMethod.Head, $"/v2/team/app/blobs/{_blob}");
        Assert.Equal(200, (int)head.StatusCode);
        Assert.Equal(Content.Length, head.Content.Headers.ContentLength);
        Assert.Equal(_blob, Header(head, "Docker-Content-Digest"));
    }

    [Theory]
    [InlineData("bytes=500-1499", 500, 1000)]
    [InlineData("bytes=9000000-", 9_000_000, 1)]
    [InlineData("bytes=-500", 8_999_501, 500)]
    [InlineData("bytes=8999000-20000000", 8_999_000, 1001)]
    [InlineData("bytes=-20000000", 0, 9_000_001)]
    public async Task A_range_comes_with_its_place(string range, int offset, int length)
    {
        using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/blobs/{_blob}", ("Range", range));
        Assert.Equal(206, (int)get.StatusCode);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/{Content.Length}", Header(get, "Content-Range"));
        Assert.Equal(Content[offset..(offset + length)], await get.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=9000001-")]
    [InlineData("bytes=500-0")]
    [InlineData("bytes=-0")]
    public async Task A_range_that_cannot_be_had_is_416(string range)
    {
        using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/blobs/{_blob}", ("Range", range));
        Assert.Equal(416, (int)get.StatusCode);
        Assert.Equal($"bytes */{Content.Length}", Header(get, "Content-Range"));
    }

    [Fact]
    public async Task A_blob_that_a_client_has_already_is_not_sent_again()
    {
        using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/blobs/{_blob}", ("If-None-Match", $"\"{_blob}\""));
        Assert.Equal(304, (int)get.StatusCode);
    }

    [Fact]
    public async Task What_is_not_there_is_404_with_the_right_code()
    {
        string nothing = DigestOf("nothing"u8.ToArray());
        using (HttpResponseMessage blob = await _registry.GetAsync($"/v2/team/app/blobs/{nothing}"))
            await ExpectAsync(blob, 404, "BLOB_UNKNOWN");
        using (HttpResponseMessage tag = await _registry.GetAsync("/v2/team/app/manifests/latest"))
            await ExpectAsync(tag, 404, "MANIFEST_UNKNOWN");
        using (HttpResponseMessage digest = await _registry.GetAsync($"/v2/team/app/manifests/{nothing}"))
            await ExpectAsync(digest, 404, "MANIFEST_UNKNOWN");
        using (HttpResponseMessage repository = await _registry.GetAsync("/v2/team/none/manifests/latest"))
            await ExpectAsync(repository, 404, "NAME_UNKNOWN");
        using HttpResponseMessage head = await _registry.SendAsync(HttpMethod.Head, $"/v2/team/app/manifests/{nothing}");
        Assert.Equal(404, (int)head.StatusCode);
    }

    [Fact]
    public async Task Content_of_one_repository_is_not_in_another()
    {
        _ = await _registry.PushBlobAsync("other/app", "other"u8.ToArray());
        using HttpResponseMessage get = await _registry.GetAsync($"/v2/other/app/blobs/{_blob}");
        await ExpectAsync(get, 404, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task A_manifest_comes_in_its_exact_bytes_by_tag_and_digest()
    {
        (string digest, byte[] manifest) = await _registry.PushImageAsync("team/app", "v1");
        foreach (string reference in (string[])["v1", digest])
        {
            using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/manifests/{reference}");
            Assert.Equal(200, (int)get.StatusCode);
            Assert.Equal(digest, Header(get, "Docker-Content-Digest"));
            Assert.Equal("application/vnd.oci.image.manifest.v1+json", Header(get, "Content-Type"));
            Assert.Equal(manifest, await get.Content.ReadAsByteArrayAsync());
            using HttpResponseMessage head = await _registry.SendAsync(HttpMethod.Head, $"/v2/team/app/manifests/{reference}");
            Assert.Equal(200, (int)head.StatusCode);
            Assert.Equal(manifest.Length, head.Content.Headers.ContentLength);
            Assert.Equal(digest, Header(head, "Docker-Content-Digest"));
        }
    }

    [Theory]
    [InlineData("sha256:baddigest")]
    [InlineData("sha256:..%2f..%2fetc%2fpasswd")]
    public async Task A_digest_that_is_none_is_refused_before_any_path_is_made(string digest)
    {
        using HttpResponseMessage manifest = await _registry.GetAsync($"/v2/team/app/manifests/{digest}");
        await ExpectAsync(manifest, 400, "DIGEST_INVALID");
        using HttpResponseMessage blob = await _registry.GetAsync($"/v2/team/app/blobs/{digest}");
        await ExpectAsync(blob, 400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task A_client_that_knows_no_indexes_gets_the_usual_platforms_manifest()
    {
        (string arm, byte[] armManifest) = await _registry.PushImageAsync("team/app", "", layer: "arm");
        (string amd, byte[] amdManifest) = await _registry.PushImageAsync("team/app", "", layer: "amd");
        byte[] index = IndexOf((arm, armManifest.Length, "arm64"), (amd, amdManifest.Length, "amd64"));
        using (HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, "/v2/team/app/manifests/multi", index, "application/vnd.oci.image.index.v1+json"))
            await ExpectAsync(put, 201);
        using HttpResponseMessage old = await _registry.GetAsync("/v2/team/app/manifests/multi", ("Accept", "application/vnd.oci.image.manifest.v1+json"));
        Assert.Equal(amdManifest, await old.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage current = await _registry.GetAsync("/v2/team/app/manifests/multi");
        Assert.Equal(index, await current.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_method_that_a_resource_does_not_have_is_UNSUPPORTED()
    {
        using HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, $"/v2/team/app/blobs/{_blob}", Encoding.ASCII.GetBytes("x"));
        await ExpectAsync(put, 405, "UNSUPPORTED");
        using HttpResponseMessage away = await _registry.GetAsync("/v1/search");
        Assert.Equal(404, (int)away.StatusCode);
    }
}
