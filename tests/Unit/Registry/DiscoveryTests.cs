using System.Text.Json;
using Tare.Oci.Image;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>The specification's "Content Discovery": tags and referrers, and the catalog.</summary>
public sealed class DiscoveryTests : IAsyncLifetime
{
    private RegistryFixture _registry = null!;

    public async Task InitializeAsync() => _registry = await RegistryFixture.StartAsync();

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task Tags_come_in_bytewise_order()
    {
        await TagAsync("b", "A", "a", "1.10", "1.9", "_x");
        Assert.Equal(["1.10", "1.9", "A", "_x", "a", "b"], (await TagsAsync("")).Tags);
    }

    [Fact]
    public async Task Pages_follow_the_link_to_the_end()
    {
        await TagAsync("a", "b", "c", "d", "e");
        List<string> all = [];
        string query = "?n=2";
        for (int pages = 0; query.Length > 0 && pages < 5; pages++)
        {
            (string[] tags, string link) = await TagsAsync(query);
            all.AddRange(tags);
            Assert.True(link.Length == 0 || link.EndsWith("; rel=\"next\"", StringComparison.Ordinal));
            query = link.Length == 0 ? "" : link[link.IndexOf('?', StringComparison.Ordinal)..link.IndexOf('>', StringComparison.Ordinal)];
        }
        Assert.Equal(["a", "b", "c", "d", "e"], all);
    }

    [Fact]
    public async Task N_zero_is_an_empty_list_without_a_link_and_last_works_alone()
    {
        await TagAsync("a", "b", "c");
        Assert.Equal(([], ""), await TagsAsync("?n=0"));
        Assert.Equal(["b", "c"], (await TagsAsync("?last=a")).Tags);
        Assert.Equal(["c"], (await TagsAsync("?n=5&last=bb")).Tags);
        Assert.Equal(["a", "b", "c"], (await TagsAsync("?n=18446744073709551615")).Tags);
    }

    [Theory]
    [InlineData("?n=-1")]
    [InlineData("?n=x")]
    [InlineData("?last=..%2F..")]
    public async Task A_page_that_makes_no_sense_is_400(string query)
    {
        await TagAsync("a");
        using HttpResponseMessage get = await _registry.GetAsync("/v2/team/app/tags/list" + query);
        Assert.Equal(400, (int)get.StatusCode);
    }

    [Fact]
    public async Task Tags_of_a_repository_that_is_not_there_are_NAME_UNKNOWN()
    {
        using HttpResponseMessage get = await _registry.GetAsync("/v2/team/none/tags/list");
        await ExpectAsync(get, 404, "NAME_UNKNOWN");
    }

    [Fact]
    public async Task Referrers_are_listed_with_type_and_annotations_and_filtered_on_request()
    {
        (string subject, _) = await _registry.PushImageAsync("team/app", "v1");
        (string signature, byte[] signatureBytes) = await _registry.PushImageAsync("team/app", "", "sig", subject, "application/x-signature");
        (string plain, _) = await _registry.PushImageAsync("team/app", "", "plain", subject);
        (JsonElement index, HttpResponseMessage all) = await ReferrersAsync(subject);
        Assert.Equal(MediaTypes.OciIndex, Header(all, "Content-Type"));
        Assert.Equal(2, index.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(MediaTypes.OciIndex, index.GetProperty("mediaType").GetString());
        var byDigest = index.GetProperty("manifests").EnumerateArray().ToDictionary(d => d.GetProperty("digest").GetString()!);
        Assert.Equal(new[] { signature, plain }.Order(), byDigest.Keys.Order());
        Assert.Equal("application/x-signature", byDigest[signature].GetProperty("artifactType").GetString());
        Assert.Equal(signatureBytes.Length, byDigest[signature].GetProperty("size").GetInt32());
        Assert.Equal("sig", byDigest[signature].GetProperty("annotations").GetProperty("note").GetString());
        // Without a type of its own, a manifest has its config's.
        Assert.Equal(MediaTypes.OciConfig, byDigest[plain].GetProperty("artifactType").GetString());
        (JsonElement some, HttpResponseMessage filtered) = await ReferrersAsync(subject, "?artifactType=application/x-signature");
        Assert.Equal("artifactType", Header(filtered, "OCI-Filters-Applied"));
        Assert.Equal(signature, Assert.Single(some.GetProperty("manifests").EnumerateArray()).GetProperty("digest").GetString());
    }

    [Fact]
    public async Task A_subject_without_referrers_has_an_empty_list_also_in_a_repository_nobody_pushed_to()
    {
        (JsonElement index, _) = await ReferrersAsync(DigestOf("nothing"u8.ToArray()));
        Assert.Empty(index.GetProperty("manifests").EnumerateArray());
        using HttpResponseMessage invalid = await _registry.GetAsync("/v2/team/app/referrers/sha256:x");
        await ExpectAsync(invalid, 400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task Long_lists_of_referrers_have_pages()
    {
        (string subject, _) = await _registry.PushImageAsync("team/app", "v1");
        for (int i = 0; i < 5; i++)
            _ = await _registry.PushImageAsync("team/app", "", $"r{i}", subject);
        (JsonElement first, HttpResponseMessage answer) = await ReferrersAsync(subject, "?n=3");
        Assert.Equal(3, first.GetProperty("manifests").GetArrayLength());
        string link = Header(answer, "Link");
        using HttpResponseMessage next = await _registry.GetAsync(link[1..link.IndexOf('>', StringComparison.Ordinal)]);
        Assert.Equal(2, JsonDocument.Parse(await next.Content.ReadAsStringAsync()).RootElement.GetProperty("manifests").GetArrayLength());
        Assert.Equal("", Header(next, "Link"));
    }

    [Fact]
    public async Task A_referrer_that_is_deleted_leaves_the_list()
    {
        (string subject, _) = await _registry.PushImageAsync("team/app", "v1");
        (string referrer, _) = await _registry.PushImageAsync("team/app", "", "r", subject);
        using (HttpResponseMessage delete = await _registry.SendAsync(HttpMethod.Delete, $"/v2/team/app/manifests/{referrer}"))
            await ExpectAsync(delete, 202);
        (JsonElement index, _) = await ReferrersAsync(subject);
        Assert.Empty(index.GetProperty("manifests").EnumerateArray());
    }

    [Fact]
    public async Task The_catalog_has_pages_of_bounded_size()
    {
        foreach (string name in (string[])["b", "a/x", "c"])
            _ = await _registry.PushBlobAsync(name, "x"u8.ToArray());
        using HttpResponseMessage page = await _registry.GetAsync("/v2/_catalog?n=2");
        Assert.Equal("{\"repositories\":[\"a/x\",\"b\"]}", await page.Content.ReadAsStringAsync());
        Assert.Equal("</v2/_catalog?n=2&last=b>; rel=\"next\"", Header(page, "Link"));
        using HttpResponseMessage rest = await _registry.GetAsync("/v2/_catalog?n=99999999999&last=b");
        Assert.Equal("{\"repositories\":[\"c\"]}", await rest.Content.ReadAsStringAsync());
        Assert.Equal("", Header(rest, "Link"));
    }

    private async Task TagAsync(params string[] tags)
    {
        byte[] manifest = await _registry.ImageAsync("team/app");
        foreach (string tag in tags)
        {
            using HttpResponseMessage put = await _registry.SendAsync(HttpMethod.Put, $"/v2/team/app/manifests/{tag}", manifest, MediaTypes.OciManifest);
            await ExpectAsync(put, 201);
        }
    }

    private async Task<(string[] Tags, string Link)> TagsAsync(string query)
    {
        using HttpResponseMessage get = await _registry.GetAsync("/v2/team/app/tags/list" + query);
        await ExpectAsync(get, 200);
        JsonElement body = JsonDocument.Parse(await get.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("team/app", body.GetProperty("name").GetString());
        return ([.. body.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!)], Header(get, "Link"));
    }

    private async Task<(JsonElement Index, HttpResponseMessage Answer)> ReferrersAsync(string subject, string query = "")
    {
        HttpResponseMessage get = await _registry.GetAsync($"/v2/team/app/referrers/{subject}{query}");
        await ExpectAsync(get, 200);
        return (JsonDocument.Parse(await get.Content.ReadAsStringAsync()).RootElement, get);
    }
}
