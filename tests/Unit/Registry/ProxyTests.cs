using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Tare.Oci.Image;
using Tare.Registry.Access;
using Tare.Registry.Hosting;
using Tare.Registry.Proxy;
using Tare.Tests.Loopback;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>The pull-through cache, with a second registry or a hostile server upstream.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-registry-proxy-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_image_is_fetched_once_and_served_also_when_the_upstream_is_away()
    {
        RegistryFixture upstream = await StartAsync();
        byte[] layer = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i % 253))];
        string blob = await upstream.PushBlobAsync("library/app", layer);
        (string digest, byte[] manifest) = await upstream.PushImageAsync("library/app", "v1");
        await using RegistryFixture cache = await StartAsync(Options(upstream));
        using (HttpResponseMessage head = await cache.SendAsync(HttpMethod.Head, $"/v2/hub/library/app/blobs/{blob}"))
            Assert.Equal(layer.Length, head.Content.Headers.ContentLength);
        byte[][] copies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cache.Http.GetByteArrayAsync($"/v2/hub/library/app/blobs/{blob}")));
        Assert.All(copies, copy => Assert.Equal(blob, DigestOf(copy)));
        Assert.Equal(manifest, await cache.Http.GetByteArrayAsync("/v2/hub/library/app/manifests/v1"));
        string sent = await upstream.Http.GetStringAsync("/metrics");
        Assert.Contains($"tare_registry_sent_bytes_total {layer.Length + manifest.Length}\n", sent, StringComparison.Ordinal);
        await upstream.DisposeAsync();
        Assert.Equal(blob, DigestOf(await cache.Http.GetByteArrayAsync($"/v2/hub/library/app/blobs/{blob}")));
        using HttpResponseMessage stale = await cache.GetAsync("/v2/hub/library/app/manifests/v1");
        Assert.Equal(digest, Header(stale, "Docker-Content-Digest"));
        Assert.StartsWith("299 - \"", Header(stale, "Warning"), StringComparison.Ordinal);
        using HttpResponseMessage missing = await cache.GetAsync("/v2/hub/library/app/manifests/v2");
        Assert.Equal(502, (int)missing.StatusCode);
    }

    [Fact]
    public async Task A_tag_that_moved_upstream_moves_here()
    {
        await using RegistryFixture upstream = await StartAsync();
        _ = await upstream.PushImageAsync("app", "latest", "one");
        await using RegistryFixture cache = await StartAsync(Options(upstream));
        using (HttpResponseMessage first = await cache.GetAsync("/v2/hub/app/manifests/latest"))
            await ExpectAsync(first, 200);
        (string moved, _) = await upstream.PushImageAsync("app", "latest", "two");
        using HttpResponseMessage second = await cache.GetAsync("/v2/hub/app/manifests/latest");
        Assert.Equal(moved, Header(second, "Docker-Content-Digest"));
    }

    [Fact]
    public async Task A_cached_repository_cannot_be_pushed_to_and_what_the_upstream_lacks_is_unknown()
    {
        await using RegistryFixture upstream = await StartAsync();
        await using RegistryFixture cache = await StartAsync(Options(upstream));
        using (HttpResponseMessage push = await cache.SendAsync(HttpMethod.Post, "/v2/hub/app/blobs/uploads/"))
            await ExpectAsync(push, 405, "UNSUPPORTED");
        using (HttpResponseMessage manifest = await cache.GetAsync("/v2/hub/app/manifests/v1"))
            await ExpectAsync(manifest, 404, "MANIFEST_UNKNOWN");
        using (HttpResponseMessage blob = await cache.GetAsync($"/v2/hub/app/blobs/{DigestOf("x"u8.ToArray())}"))
            await ExpectAsync(blob, 404, "BLOB_UNKNOWN");
        _ = await cache.PushBlobAsync("hub-of-our-own/app", "x"u8.ToArray());
    }

    [Fact]
    public async Task Basic_credentials_reach_the_upstream()
    {
        string users = Path.Combine(_directory, "htpasswd");
        File.WriteAllText(users, $"alice:{Bcrypt.Hash("secret", cost: 4)}\n");
        await using RegistryFixture upstream = await StartAsync(new RegistryOptions { Htpasswd = users });
        upstream.Http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("alice:secret"u8));
        (string digest, _) = await upstream.PushImageAsync("app", "v1");
        await using (RegistryFixture stranger = await StartAsync(Options(upstream)))
        {
            using HttpResponseMessage refused = await stranger.GetAsync("/v2/hub/app/manifests/v1");
            await ExpectAsync(refused, 404, "MANIFEST_UNKNOWN");
        }
        await using RegistryFixture cache = await StartAsync(Options(upstream, rule => rule with { UserName = "alice", Password = "secret" }));
        using HttpResponseMessage get = await cache.GetAsync("/v2/hub/app/manifests/v1");
        Assert.Equal(digest, Header(get, "Docker-Content-Digest"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Credentials_go_to_no_token_server_on_a_host_that_nobody_configured(bool configured)
    {
        using var tokens = new ScriptedServer(_ => (200, [], "{\"token\":\"t\"}"u8.ToArray()));
        using var upstream = new ScriptedServer(request => request.Headers["Authorization"] == "Bearer t"
            ? (404, [], [])
            : (401, [("WWW-Authenticate", $"Bearer realm=\"{tokens.Address}token\",service=\"s\"")], []));
        await using RegistryFixture cache = await StartAsync(new RegistryOptions
        {
            Proxies = [new ProxyRule { Prefix = "hub", Upstream = upstream.Address, UserName = "alice", Password = "secret", RealmHosts = configured ? [tokens.Address.Authority] : [] }],
        });
        using HttpResponseMessage get = await cache.GetAsync("/v2/hub/app/manifests/v1");
        await ExpectAsync(get, 404, "MANIFEST_UNKNOWN");
        string request = Assert.Single(tokens.Seen);
        Assert.Contains("scope=repository%3Aapp%3Apull", request, StringComparison.Ordinal);
        Assert.Equal(configured, request.Contains("Authorization: Basic", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_to_another_host_carries_no_authorization()
    {
        byte[] content = "redirected"u8.ToArray();
        using var other = new ScriptedServer(_ => (200, [], content));
        using var upstream = new ScriptedServer(request => request.Headers["Authorization"] is null
            ? (401, [("WWW-Authenticate", "Basic realm=\"x\"")], [])
            : (307, [("Location", $"{other.Address}elsewhere")], []));
        await using RegistryFixture cache = await StartAsync(new RegistryOptions
        {
            Proxies = [new ProxyRule { Prefix = "hub", Upstream = upstream.Address, UserName = "alice", Password = "secret" }],
        });
        Assert.Equal(content, await cache.Http.GetByteArrayAsync($"/v2/hub/app/blobs/{DigestOf(content)}"));
        Assert.DoesNotContain("Authorization", Assert.Single(other.Seen), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_that_is_wrong_upstream_is_never_whole_here()
    {
        byte[] wrong = new byte[200_000];
        string wanted = DigestOf("right"u8.ToArray());
        using var upstream = new ScriptedServer(_ => (200, [], wrong));
        await using RegistryFixture cache = await StartAsync(new RegistryOptions { Proxies = [new ProxyRule { Prefix = "hub", Upstream = upstream.Address }] });
        _ = await Assert.ThrowsAnyAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync($"/v2/hub/app/blobs/{wanted}"));
        Assert.Empty(Directory.GetFiles(Path.Combine(cache.Root, "content", "blobs", "sha256")));
        using HttpResponseMessage manifest = await cache.GetAsync($"/v2/hub/app/manifests/{wanted}");
        Assert.Equal(502, (int)manifest.StatusCode);
    }

    private static RegistryOptions Options(RegistryFixture upstream, Func<ProxyRule, ProxyRule>? change = null)
    {
        var rule = new ProxyRule { Prefix = "hub", Upstream = upstream.Http.BaseAddress!, TagAge = TimeSpan.Zero };
        return new RegistryOptions { Proxies = [change?.Invoke(rule) ?? rule] };
    }
}
