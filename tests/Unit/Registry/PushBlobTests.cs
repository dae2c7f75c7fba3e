using System.Text;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>The specification's "Pushing blobs", every MUST of it, and what else clients do.</summary>
public sealed class PushBlobTests : IAsyncLifetime
{
    private const string Uploads = "/v2/team/app/blobs/uploads/";
    private RegistryFixture _registry = null!;

    public async Task InitializeAsync() => _registry = await RegistryFixture.StartAsync();

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task A_post_and_a_put_push_a_blob_that_can_be_pulled_from_the_location_they_give()
    {
        byte[] content = Encoding.ASCII.GetBytes("hello, registry");
        string location = await BeginAsync();
        using HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, $"{location}?digest={DigestOf(content)}", content);
        await ExpectAsync(put, 201);
        Assert.Equal(DigestOf(content), Header(put, "Docker-Content-Digest"));
        Assert.Equal(content, await _registry.Http.GetByteArrayAsync(Header(put, "Location")));
    }

    [Fact]
    public async Task A_session_has_a_uuid_and_says_where_it_stands()
    {
        using HttpResponseMessage post = await _registry.SendAsync(HttpMethod.Post, Uploads);
        await ExpectAsync(post, 202);
        string id = Header(post, "Docker-Upload-UUID");
        Assert.True(Guid.TryParse(id, out _));
        Assert.EndsWith(id, Header(post, "Location"));
        Assert.Equal("0-0", Header(post, "Range"));
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_single_post_pushes_a_blob(string algorithm)
    {
        byte[] content = Encoding.ASCII.GetBytes("single " + algorithm);
        string digest = await _registry.PushBlobAsync("team/app", content, algorithm);
        Assert.Equal(content, await _registry.Http.GetByteArrayAsync($"/v2/team/app/blobs/{digest}"));
    }

    [Fact]
    public async Task An_empty_blob_is_a_blob()
    {
        string digest = await _registry.PushBlobAsync("team/app", []);
        using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/blobs/{digest}");
        await ExpectAsync(get, 200);
        Assert.Equal(0, get.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("sha256", null)]
    [InlineData("sha512", null)]
    [InlineData("sha512", "sha512")]
    public async Task Chunks_in_order_make_a_blob(string algorithm, string? announced)
    {
        byte[] content = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        string location = await BeginAsync(announced is null ? "" : $"?digest-algorithm={announced}");
        foreach ((int first, int last) in ((int, int)[])[(0, 39_999), (40_000, 79_999)])
        {
            using HttpResponseMessage patch = await ChunkAsync(HttpMethod.Patch, location, content, first, last);
            await ExpectAsync(patch, 202);
            Assert.Equal($"0-{last}", Header(patch, "Range"));
            location = Header(patch, "Location");
        }
        using HttpResponseMessage put = await ChunkAsync(HttpMethod.Put, $"{location}?digest={DigestOf(content, algorithm)}", content, 80_000, 99_999);
        await ExpectAsync(put, 201);
        Assert.Equal(content, await _registry.Http.GetByteArrayAsync(Header(put, "Location")));
    }

    [Fact]
    public async Task A_chunk_out_of_order_is_416_and_the_status_tells_where_to_go_on()
    {
        byte[] content = new byte[3000];
        string location = await BeginAsync();
        using (HttpResponseMessage early = await ChunkAsync(HttpMethod.Patch, location, content, 1000, 1999))
            await ExpectAsync(early, 416, "BLOB_UPLOAD_INVALID");
        using (HttpResponseMessage first = await ChunkAsync(HttpMethod.Patch, location, content, 0, 999))
            await ExpectAsync(first, 202);
        using (HttpResponseMessage again = await ChunkAsync(HttpMethod.Patch, location, content, 0, 999))
            await ExpectAsync(again, 416, "BLOB_UPLOAD_INVALID");
        using (HttpResponseMessage gap = await ChunkAsync(HttpMethod.Put, $"{location}?digest={DigestOf(content)}", content, 2000, 2999))
            await ExpectAsync(gap, 416, "BLOB_UPLOAD_INVALID");
        using HttpResponseMessage status = await _registry.GetAsync(location);
        await ExpectAsync(status, 204);
        Assert.Equal("0-999", Header(status, "Range"));
        Assert.EndsWith(location, Header(status, "Location"));
    }

    [Theory]
    [InlineData("0-")]
    [InlineData("x-y")]
    [InlineData("9-3")]
    public async Task A_range_that_is_none_is_refused(string range)
    {
        string location = await BeginAsync();
        using HttpResponseMessage patch = await _registry.SendAsync(HttpMethod.Patch, location, new byte[10], null, ("Content-Range", range));
        await ExpectAsync(patch, 416, "BLOB_UPLOAD_INVALID");
    }

    [Fact]
    public async Task A_range_of_another_length_than_the_body_is_SIZE_INVALID()
    {
        string location = await BeginAsync();
        using HttpResponseMessage patch = await _registry.SendAsync(HttpMethod.Patch, location, new byte[10], null, ("Content-Range", "0-5"));
        await ExpectAsync(patch, 400, "SIZE_INVALID");
    }

    [Fact]
    public async Task A_stream_of_unknown_length_is_taken()
    {
        byte[] content = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i % 251))];
        string location = await BeginAsync();
        using (var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new StreamContent(new MemoryStream(content)) })
        {
            request.Headers.TransferEncodingChunked = true;
            using HttpResponseMessage patch = await _registry.Http.SendAsync(request);
            await ExpectAsync(patch, 202);
            Assert.Equal($"0-{content.Length - 1}", Header(patch, "Range"));
        }
        using HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, $"{location}?digest={DigestOf(content)}");
        await ExpectAsync(put, 201);
        Assert.Equal(content, await _registry.Http.GetByteArrayAsync(Header(put, "Location")));
    }

    [Fact]
    public async Task Content_that_does_not_have_the_digest_is_DIGEST_INVALID_and_no_blob_appears()
    {
        string wrong = DigestOf("other"u8.ToArray());
        string location = await BeginAsync();
        using (HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, $"{location}?digest={wrong}", "content"u8.ToArray()))
            await ExpectAsync(put, 400, "DIGEST_INVALID");
        using (HttpResponseMessage post = await _registry.SendAsync(HttpMethod.Post, $"{Uploads}?digest={wrong}", "content"u8.ToArray()))
            await ExpectAsync(post, 400, "DIGEST_INVALID");
        using HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/blobs/{wrong}");
        Assert.Equal(404, (int)get.StatusCode);
    }

    [Theory]
    [InlineData("sha256:abc")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:../../../../etc/passwd")]
    [InlineData("")]
    public async Task A_digest_that_is_none_is_DIGEST_INVALID(string digest)
    {
        string location = await BeginAsync();
        using HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, $"{location}?digest={Uri.EscapeDataString(digest)}", "x"u8.ToArray());
        await ExpectAsync(put, 400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task A_cancelled_upload_is_gone()
    {
        string location = await BeginAsync();
        using (HttpResponseMessage delete = await _registry.SendAsync(HttpMethod.Delete, location))
            await ExpectAsync(delete, 204);
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete, HttpMethod.Patch])
        {
            using HttpResponseMessage again = await _registry.SendAsync(method, location);
            await ExpectAsync(again, 404, "BLOB_UPLOAD_UNKNOWN");
        }
        Assert.Empty(Directory.GetFiles(Path.Combine(_registry.Root, "uploads")));
    }

    [Fact]
    public async Task An_upload_belongs_to_its_repository()
    {
        string location = await BeginAsync();
        using HttpResponseMessage other = await _registry.GetAsync(location.Replace("team/app", "team/other", StringComparison.Ordinal));
        await ExpectAsync(other, 404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_restart_of_the_registry()
    {
        byte[] content = [.. Enumerable.Range(0, 50_000).Select(i => (byte)i)];
        string location = await BeginAsync();
        using (HttpResponseMessage patch = await ChunkAsync(HttpMethod.Patch, location, content, 0, 29_999))
            await ExpectAsync(patch, 202);
        await _registry.RestartAsync();
        using (HttpResponseMessage status = await _registry.GetAsync(location))
            Assert.Equal("0-29999", Header(status, "Range"));
        using HttpResponseMessage put = await ChunkAsync(HttpMethod.Put, $"{location}?digest={DigestOf(content)}", content, 30_000, 49_999);
        await ExpectAsync(put, 201);
        Assert.Equal(content, await _registry.Http.GetByteArrayAsync(Header(put, "Location")));
    }

    [Fact]
    public async Task What_arrived_before_a_broken_connection_stays_and_the_upload_goes_on_from_there()
    {
        byte[] content = [.. Enumerable.Range(0, 2_000_000).Select(i => (byte)(i * 3))];
        string location = await BeginAsync();
        using (var socket = new System.Net.Sockets.TcpClient())
        {
            await socket.ConnectAsync(_registry.Server.Address);
            byte[] head = Encoding.ASCII.GetBytes($"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: {content.Length}\r\nContent-Range: 0-{content.Length - 1}\r\n\r\n");
            await socket.GetStream().WriteAsync(head);
            await socket.GetStream().WriteAsync(content.AsMemory(0, 1_000_000));
        }
        int arrived = 1;
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); arrived == 1 && waited.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(10))
        {
            // The request may not have reached the upload yet.
            using HttpResponseMessage status = await _registry.GetAsync(location);
            await ExpectAsync(status, 204);
            arrived = int.Parse(Header(status, "Range")[2..]) + 1;
        }
        Assert.InRange(arrived, 2, 1_000_000);
        using HttpResponseMessage put = await ChunkAsync(HttpMethod.Put, $"{location}?digest={DigestOf(content)}", content, arrived, content.Length - 1);
        await ExpectAsync(put, 201);
        Assert.Equal(content, await _registry.Http.GetByteArrayAsync(Header(put, "Location")));
    }

    [Theory]
    [InlineData("Team/app")]
    [InlineData("team//app")]
    [InlineData("-team/app")]
    [InlineData("team/app_")]
    public async Task A_name_that_breaks_the_grammar_is_NAME_INVALID(string name)
    {
        using HttpResponseMessage post = await _registry.SendAsync(HttpMethod.Post, $"/v2/{name}/blobs/uploads/");
        await ExpectAsync(post, 400, "NAME_INVALID");
    }

    [Fact]
    public async Task A_repository_may_have_the_words_of_the_protocol_in_its_name()
    {
        string digest = await _registry.PushBlobAsync("a/blobs/uploads/manifests/tags", "x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await _registry.Http.GetByteArrayAsync($"/v2/a/blobs/uploads/manifests/tags/blobs/{digest}"));
    }

    private async Task<string> BeginAsync(string query = "")
    {
        using HttpResponseMessage post = await _registry.SendAsync(HttpMethod.Post, Uploads + query, []);
        await ExpectAsync(post, 202);
        return Header(post, "Location");
    }

    private Task<HttpResponseMessage> ChunkAsync(HttpMethod method, string location, byte[] content, int first, int last) =>
        _registry.SendAsync(method, location, content[first..(last + 1)], "application/octet-stream", ("Content-Range", $"{first}-{last}"));
}
