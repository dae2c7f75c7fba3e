using System.Text.Json;
using Tare.Tests.Loopback;

namespace Tare.Tests.EndToEnd;

/// <summary>What the configuration file of the published registry promises, seen by the clients people have.</summary>
public sealed class RegistryConfigurationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("tare-e2e-config-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_webhook_hears_of_an_image_that_skopeo_pushes_and_deletes()
    {
        using var receiver = new ScriptedServer(_ => (200, [], []));
        using RegistryProgram registry = Start($$$"""{"webhooks": [{"url": "{{{receiver.Address}}}", "headers": {"Authorization": "Bearer hook"}}]}""");
        string image = Push(registry, "team/busybox:1");
        string digest = registry.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", image).Ok().Trim();
        Wait.Until(() => Events(receiver).Any(e => Said(e) == ("push", "team/busybox", "1", digest)), Patience, () => $"no push of the tag was told: {string.Join('\n', receiver.Seen)}");
        registry.Skopeo("delete", "--tls-verify=false", image).Ok();
        Wait.Until(() => Events(receiver).Any(e => e.GetProperty("action").GetString() == "delete"), Patience, () => $"no deletion was told: {string.Join('\n', receiver.Seen)}");
        Assert.Contains("skopeo/", Events(receiver).First().GetProperty("request").GetProperty("useragent").GetString(), StringComparison.Ordinal);
        Assert.All(receiver.Seen, seen => Assert.Contains("Authorization: Bearer hook", seen, StringComparison.Ordinal));
        // Pulls are told to those who ask for them.
        Assert.DoesNotContain(Events(receiver), e => e.GetProperty("action").GetString() == "pull");
    }

    [Fact]
    public void Retention_drops_the_older_tags_and_their_blobs_but_what_its_patterns_keep()
    {
        using RegistryProgram registry = Start("""
            {"collection": {"interval": "1s", "grace": "1s"},
             "retention": [{"repositories": "ci/**", "keepLast": 1, "keepTags": ["v*"], "untaggedAfter": "1s"}]}
            """);
        foreach (string name in (string[])["ci/app:v1", "other/app:old"])
            _ = Push(registry, name);
        string dropped = Push(registry, "ci/app:a", "--format", "oci");
        _ = Push(registry, "ci/app:b");
        string[] Tags(string repository) =>
            [.. JsonDocument.Parse(registry.Skopeo("list-tags", "--tls-verify=false", $"docker://{registry.Address}/{repository}").Ok()).RootElement.GetProperty("Tags").EnumerateArray().Select(t => t.GetString()!)];
        Wait.Until(() => Tags("ci/app") is ["b", "v1"], Patience, () => $"these tags stay: {string.Join(' ', Tags("ci/app"))}");
        Assert.Equal(["old"], Tags("other/app"));
        Assert.NotEqual(0, registry.Skopeo("inspect", "--tls-verify=false", dropped).Code);
        // What is kept is whole.
        registry.Skopeo("copy", "--src-tls-verify=false", $"docker://{registry.Address}/ci/app:v1", $"dir:{_directory}/kept").Ok();
    }

    [Fact]
    public void A_push_beyond_the_quota_is_DENIED_and_skopeo_and_podman_say_so()
    {
        using RegistryProgram registry = Start("""{"quotas": [{"repositories": "small/*", "bytes": "200KB"}]}""");
        Result refused = registry.Skopeo("copy", "--dest-tls-verify=false", $"docker-archive:{Repository.Image("busybox")}", $"docker://{registry.Address}/small/app:1");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("quota exceeded", refused.Error, StringComparison.Ordinal);
        string loaded = registry.Podman("load", "-q", "-i", Repository.Image("busybox")).Ok();
        Result podman = registry.Podman("push", "--tls-verify=false", loaded[(loaded.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim(), $"{registry.Address}/small/app:2");
        Assert.NotEqual(0, podman.Code);
        Assert.Contains("quota exceeded", podman.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, registry.Skopeo("inspect", "--tls-verify=false", $"docker://{registry.Address}/small/app:1").Code);
        _ = Push(registry, "large/app:1");
    }

    private RegistryProgram Start(string configuration)
    {
        string file = Path.Combine(_directory, "registry.json");
        File.WriteAllText(file, configuration);
        return new RegistryProgram("--config", file);
    }

    private static string Push(RegistryProgram registry, string name, params string[] options)
    {
        string image = $"docker://{registry.Address}/{name}";
        registry.Skopeo(["copy", .. options, "--dest-tls-verify=false", $"docker-archive:{Repository.Image("busybox")}", image]).Ok();
        return image;
    }

    private static IEnumerable<JsonElement> Events(ScriptedServer receiver) =>
        receiver.Seen.SelectMany(seen => JsonDocument.Parse(seen[seen.IndexOf("\n\n", StringComparison.Ordinal)..]).RootElement.GetProperty("events").EnumerateArray());

    private static (string?, string?, string?, string?) Said(JsonElement told)
    {
        JsonElement target = told.GetProperty("target");
        return (told.GetProperty("action").GetString(), target.GetProperty("repository").GetString(),
            target.TryGetProperty("tag", out JsonElement tag) ? tag.GetString() : null, target.GetProperty("digest").GetString());
    }
}
