using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

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
        using var receiver = new Receiver();
        using RegistryProgram registry = Start($$$"""{"webhooks": [{"url": "{{{receiver.Address}}}", "headers": {"Authorization": "Bearer hook"}}]}""");
        string image = Push(registry, "team/busybox:1");
        string digest = registry.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", image).Ok().Trim();
        Wait.Until(() => receiver.Events.Any(e => Said(e) == ("push", "team/busybox", "1", digest)), Patience, () => $"no push of the tag was told: {receiver}");
        registry.Skopeo("delete", "--tls-verify=false", image).Ok();
        Wait.Until(() => receiver.Events.Any(e => e.GetProperty("action").GetString() == "delete"), Patience, () => $"no deletion was told: {receiver}");
        Assert.Contains("skopeo/", receiver.Events.First().GetProperty("request").GetProperty("useragent").GetString(), StringComparison.Ordinal);
        Assert.All(receiver.Authorizations, a => Assert.Equal("Bearer hook", a));
        // Pulls are told to those who ask for them.
        Assert.DoesNotContain(receiver.Events, e => e.GetProperty("action").GetString() == "pull");
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

    private static (string?, string?, string?, string?) Said(JsonElement told)
    {
        JsonElement target = told.GetProperty("target");
        return (told.GetProperty("action").GetString(), target.GetProperty("repository").GetString(),
            target.TryGetProperty("tag", out JsonElement tag) ? tag.GetString() : null, target.GetProperty("digest").GetString());
    }

    /// <summary>Takes notifications.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Receiver()
        {
            Address = $"http://127.0.0.1:{RegistryProgram.FreePort()}/";
            _listener.Prefixes.Add(Address);
            _listener.Start();
            _ = Task.Run(ServeAsync);
        }

        public string Address { get; }

        public ConcurrentQueue<JsonElement> Events { get; } = new();

        public ConcurrentQueue<string?> Authorizations { get; } = new();

        public void Dispose() => _listener.Close();

        public override string ToString() => string.Join('\n', Events);

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    HttpListenerContext call = await _listener.GetContextAsync();
                    JsonDocument body = await JsonDocument.ParseAsync(call.Request.InputStream);
                    Authorizations.Enqueue(call.Request.Headers["Authorization"]);
                    foreach (JsonElement told in body.RootElement.GetProperty("events").EnumerateArray())
                        Events.Enqueue(told);
                    call.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The end.
            }
        }
    }
}
