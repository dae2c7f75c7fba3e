using Tare.Oci.Image;
using Tare.Registry.Collection;
using Tare.Registry.Hosting;
using Tare.Registry.Quotas;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>The specification's "Content Management", and what is collected, kept and bounded.</summary>
public sealed class ContentManagementTests
{
    private static readonly CollectionOptions AtOnce = new() { Interval = TimeSpan.Zero, Grace = TimeSpan.Zero };

    [Fact]
    public async Task A_deleted_tag_leaves_its_manifest_and_a_deleted_manifest_takes_its_tags()
    {
        await using RegistryFixture registry = await StartAsync();
        (string digest, byte[] manifest) = await registry.PushImageAsync("team/app", "v1");
        using (HttpResponseMessage put = await registry.SendAsync(HttpMethod.Put, "/v2/team/app/manifests/v2", manifest, MediaTypes.OciManifest))
            await ExpectAsync(put, 201);
        await DeleteAsync(registry, "manifests/v1", 202);
        await GetAsync(registry, "manifests/v1", 404);
        await GetAsync(registry, "manifests/v2", 200);
        await GetAsync(registry, $"manifests/{digest}", 200);
        await DeleteAsync(registry, $"manifests/{digest}", 202);
        await GetAsync(registry, "manifests/v2", 404);
        await GetAsync(registry, $"manifests/{digest}", 404);
        using HttpResponseMessage tags = await registry.GetAsync("/v2/team/app/tags/list");
        Assert.Equal("{\"name\":\"team/app\",\"tags\":[]}", await tags.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Deleting_what_is_not_there_is_404()
    {
        await using RegistryFixture registry = await StartAsync();
        _ = await registry.PushImageAsync("team/app", "v1");
        string nothing = DigestOf("nothing"u8.ToArray());
        await DeleteAsync(registry, "manifests/none", 404, "MANIFEST_UNKNOWN");
        await DeleteAsync(registry, $"manifests/{nothing}", 404, "MANIFEST_UNKNOWN");
        await DeleteAsync(registry, $"blobs/{nothing}", 404, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task A_deleted_blob_frees_its_space_when_no_repository_has_it_any_more()
    {
        await using RegistryFixture registry = await StartAsync();
        byte[] content = "shared"u8.ToArray();
        string digest = await registry.PushBlobAsync("team/app", content);
        _ = await registry.PushBlobAsync("team/other", content);
        string file = Path.Combine(registry.Root, "content", "blobs", "sha256", digest[7..]);
        await DeleteAsync(registry, $"blobs/{digest}", 202);
        await GetAsync(registry, $"blobs/{digest}", 404);
        Assert.True(File.Exists(file));
        using (HttpResponseMessage other = await registry.SendAsync(HttpMethod.Delete, $"/v2/team/other/blobs/{digest}"))
            await ExpectAsync(other, 202);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task The_collector_takes_what_no_manifest_needs_and_nothing_else()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Collection = AtOnce });
        (string digest, byte[] manifest) = await registry.PushImageAsync("team/app", "v1");
        string loose = await registry.PushBlobAsync("team/app", "loose"u8.ToArray());
        _ = await registry.PushBlobAsync("team/empty", "loose"u8.ToArray());
        registry.Server.Collect();
        await GetAsync(registry, $"blobs/{loose}", 404);
        await GetAsync(registry, "manifests/v1", 200);
        await GetAsync(registry, $"blobs/{DigestOf("layer"u8.ToArray())}", 200);
        using (HttpResponseMessage catalog = await registry.GetAsync("/v2/_catalog"))
            Assert.Equal("{\"repositories\":[\"team/app\"]}", await catalog.Content.ReadAsStringAsync());
        Assert.Equal(new[] { digest, DigestOf("{}"u8.ToArray()), DigestOf("layer"u8.ToArray()) }.Select(d => d[7..]).Order(), Blobs(registry));
        await DeleteAsync(registry, $"manifests/{digest}", 202);
        registry.Server.Collect();
        Assert.Empty(Blobs(registry));
        Assert.NotEmpty(manifest);
    }

    [Fact]
    public async Task A_young_blob_is_spared_because_its_manifest_may_be_on_the_way()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Collection = AtOnce with { Grace = TimeSpan.FromHours(1) } });
        string blob = await registry.PushBlobAsync("team/app", "young"u8.ToArray());
        registry.Server.Collect();
        await GetAsync(registry, $"blobs/{blob}", 200);
    }

    [Fact]
    public async Task Pushes_that_run_while_the_collector_does_lose_no_blob()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Collection = AtOnce with { Grace = TimeSpan.FromSeconds(30) } });
        using var stop = new CancellationTokenSource();
        Task collecting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                registry.Server.Collect();
        });
        for (int round = 0; round < 15; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
            {
                // The same layers in every repository, pushed and deleted again and again.
                (string digest, _) = await registry.PushImageAsync($"team/app{worker}", "v1", $"layer {round % 3}");
                byte[] layer = System.Text.Encoding.UTF8.GetBytes($"layer {round % 3}");
                Assert.Equal(layer, await registry.Http.GetByteArrayAsync($"/v2/team/app{worker}/blobs/{DigestOf(layer)}"));
                using HttpResponseMessage delete = await registry.SendAsync(HttpMethod.Delete, $"/v2/team/app{worker}/manifests/{digest}");
                await ExpectAsync(delete, 202);
            }));
        }
        await stop.CancelAsync();
        await collecting;
    }

    [Fact]
    public async Task An_upload_whose_client_does_not_come_back_is_cancelled()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Collection = AtOnce with { UploadAge = TimeSpan.Zero } });
        using HttpResponseMessage post = await registry.SendAsync(HttpMethod.Post, "/v2/team/app/blobs/uploads/");
        await Task.Delay(20);
        registry.Server.Collect();
        using HttpResponseMessage status = await registry.GetAsync(Header(post, "Location"));
        await ExpectAsync(status, 404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task Retention_keeps_the_last_tags_and_those_that_match_and_drops_untagged_manifests()
    {
        var rule = new RetentionRule { Repositories = new("team/**"), KeepLast = 2, KeepTags = ["release-*"], UntaggedAfter = TimeSpan.Zero };
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Collection = AtOnce with { Retention = [rule] } });
        var digests = new Dictionary<string, string>();
        foreach (string tag in (string[])["release-1", "a", "b", "c"])
        {
            digests[tag] = (await registry.PushImageAsync("team/app", tag, tag)).Digest;
            await Task.Delay(5);
        }
        (string referrer, _) = await registry.PushImageAsync("team/app", "", "signature of c", digests["c"]);
        (string orphan, _) = await registry.PushImageAsync("team/app", "", "signature of a", digests["a"]);
        await Task.Delay(5);
        registry.Server.Collect();
        using (HttpResponseMessage tags = await registry.GetAsync("/v2/team/app/tags/list"))
            Assert.Equal("{\"name\":\"team/app\",\"tags\":[\"b\",\"c\",\"release-1\"]}", await tags.Content.ReadAsStringAsync());
        await GetAsync(registry, $"manifests/{digests["a"]}", 404);
        await GetAsync(registry, $"manifests/{referrer}", 200);
        registry.Server.Collect();
        await GetAsync(registry, $"manifests/{orphan}", 404);
        await GetAsync(registry, $"blobs/{DigestOf("a"u8.ToArray())}", 404);
        await GetAsync(registry, $"blobs/{DigestOf("c"u8.ToArray())}", 200);
    }

    [Fact]
    public async Task Manifests_that_an_index_lists_are_kept_with_it()
    {
        var rule = new RetentionRule { Repositories = new("**"), UntaggedAfter = TimeSpan.Zero };
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Collection = AtOnce with { Retention = [rule] } });
        (string child, byte[] bytes) = await registry.PushImageAsync("team/app", "");
        using (HttpResponseMessage put = await registry.SendAsync(HttpMethod.Put, "/v2/team/app/manifests/multi", IndexOf((child, bytes.Length, "amd64")), MediaTypes.OciIndex))
            await ExpectAsync(put, 201);
        await Task.Delay(5);
        registry.Server.Collect();
        await GetAsync(registry, $"manifests/{child}", 200);
        await DeleteAsync(registry, "manifests/multi", 202);
        registry.Server.Collect();
        await GetAsync(registry, $"manifests/{child}", 404);
        Assert.Empty(Blobs(registry));
    }

    [Fact]
    public async Task A_quota_bounds_each_repository_and_deleting_makes_room()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Quotas = [new QuotaRule(new("small/*"), 1000)] });
        string first = await registry.PushBlobAsync("small/app", new byte[700]);
        string large = $"?digest={DigestOf(new byte[500])}";
        using (HttpResponseMessage refused = await registry.SendAsync(HttpMethod.Post, $"/v2/small/app/blobs/uploads/{large}", new byte[500]))
            await ExpectAsync(refused, 403, "DENIED");
        using (var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/small/app/blobs/uploads/{large}") { Content = new StreamContent(new MemoryStream(new byte[500])) })
        {
            request.Headers.TransferEncodingChunked = true;
            using HttpResponseMessage refused = await registry.Http.SendAsync(request);
            await ExpectAsync(refused, 403, "DENIED");
        }
        Assert.Empty(Directory.GetFiles(Path.Combine(registry.Root, "uploads")));
        _ = await registry.PushBlobAsync("small/other", new byte[500]);
        _ = await registry.PushBlobAsync("other/app", new byte[5000]);
        using (HttpResponseMessage delete = await registry.SendAsync(HttpMethod.Delete, $"/v2/small/app/blobs/{first}"))
            await ExpectAsync(delete, 202);
        _ = await registry.PushBlobAsync("small/app", new byte[500]);
    }

    [Fact]
    public async Task A_quota_for_all_repositories_together_counts_their_sum()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Quotas = [new QuotaRule(new("small/**"), 1000, Together: true)] });
        _ = await registry.PushBlobAsync("small/a", new byte[600]);
        using HttpResponseMessage refused = await registry.SendAsync(HttpMethod.Post, $"/v2/small/b/blobs/uploads/?digest={DigestOf(new byte[500])}", new byte[500]);
        await ExpectAsync(refused, 403, "DENIED");
    }

    private static IEnumerable<string> Blobs(RegistryFixture registry) =>
        Directory.GetFiles(Path.Combine(registry.Root, "content", "blobs", "sha256")).Select(f => Path.GetFileName(f)).Order();

    private static async Task DeleteAsync(RegistryFixture registry, string path, int status, string? code = null)
    {
        using HttpResponseMessage answer = await registry.SendAsync(HttpMethod.Delete, $"/v2/team/app/{path}");
        await ExpectAsync(answer, status, code);
    }

    private static async Task GetAsync(RegistryFixture registry, string path, int status)
    {
        using HttpResponseMessage answer = await registry.GetAsync($"/v2/team/app/{path}");
        await ExpectAsync(answer, status);
    }
}
