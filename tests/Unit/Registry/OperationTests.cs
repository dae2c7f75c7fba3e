using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tare.Errors;
using Tare.Registry.Hosting;
using Tare.Registry.Webhooks;
using Tare.Tests.Loopback;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>What those who run a registry see: TLS, webhooks, metrics, configuration.</summary>
public sealed class OperationTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-registry-op-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task With_a_certificate_everything_is_TLS_also_large_blobs()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var options = new RegistryOptions { TlsCertificate = Path.Combine(_directory, "cert.pem"), TlsKey = Path.Combine(_directory, "key.pem") };
        File.WriteAllText(options.TlsCertificate, certificate.ExportCertificatePem());
        File.WriteAllText(options.TlsKey, key.ExportPkcs8PrivateKeyPem());
        await using RegistryFixture registry = await StartAsync(options, certificate.GetCertHashString());
        byte[] content = [.. Enumerable.Range(0, 5_000_000).Select(i => (byte)(i * 5))];
        string digest = await registry.PushBlobAsync("team/app", content);
        Assert.Equal(digest, DigestOf(await registry.Http.GetByteArrayAsync($"/v2/team/app/blobs/{digest}")));
        using var plain = new HttpClient();
        _ = await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync($"http://{registry.Server.Address}/v2/"));
    }

    [Fact]
    public async Task A_webhook_hears_of_pushes_and_deletions_even_when_it_fails_at_first()
    {
        int calls = 0;
        using var receiver = new ScriptedServer(_ => (Interlocked.Increment(ref calls) == 1 ? 500 : 200, [], []));
        var hook = new WebhookOptions { Url = receiver.Address, Headers = new Dictionary<string, string> { ["X-Key"] = "k" }, Repositories = new("team/*") };
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Webhooks = [hook] });
        (string digest, byte[] manifest) = await registry.PushImageAsync("team/app", "v1");
        _ = await registry.PushBlobAsync("other/app", "x"u8.ToArray());
        using (HttpResponseMessage delete = await registry.SendAsync(HttpMethod.Delete, "/v2/team/app/manifests/v1"))
            await ExpectAsync(delete, 202);
        for (int i = 0; i < 200 && receiver.Seen.Count < 5; i++)
            await Task.Delay(50);
        JsonElement[] events = [.. receiver.Seen.Skip(1).Select(seen => JsonDocument.Parse(seen[seen.IndexOf("\n\n", StringComparison.Ordinal)..]).RootElement.GetProperty("events")[0])];
        Assert.Equal(["push", "push", "push", "delete"], events.Select(e => e.GetProperty("action").GetString()));
        JsonElement target = events[2].GetProperty("target");
        Assert.Equal((digest, "v1", "team/app", manifest.Length), (target.GetProperty("digest").GetString(), target.GetProperty("tag").GetString(), target.GetProperty("repository").GetString(), target.GetProperty("size").GetInt32()));
        Assert.All(receiver.Seen, seen => Assert.Contains("X-Key: k", seen, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_count_requests_and_bytes()
    {
        await using RegistryFixture registry = await StartAsync();
        string digest = await registry.PushBlobAsync("team/app", new byte[1000]);
        _ = await registry.Http.GetByteArrayAsync($"/v2/team/app/blobs/{digest}");
        string text = await registry.Http.GetStringAsync("/metrics");
        Assert.Contains("tare_registry_requests_total{method=\"POST\",status=\"201\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("tare_registry_received_bytes_total 1000\n", text, StringComparison.Ordinal);
        Assert.Contains("tare_registry_sent_bytes_total 1000\n", text, StringComparison.Ordinal);
        Assert.Contains("tare_registry_repository_bytes 1000\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(@"^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \d+)$", line));
    }

    [Fact]
    public async Task A_directory_has_one_registry_at_a_time()
    {
        await using RegistryFixture registry = await StartAsync();
        var options = new RegistryOptions { Root = registry.Root, Address = new IPEndPoint(IPAddress.Loopback, 0) };
        TareException error = await Assert.ThrowsAsync<TareException>(() => StandaloneRegistry.StartAsync(options, NullLoggerFactory.Instance));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
    }

    [Fact]
    public void The_configuration_file_is_read_whole_and_the_command_line_wins()
    {
        string file = Path.Combine(_directory, "registry.json");
        File.WriteAllText(Path.Combine(_directory, "password"), "secret\n");
        File.WriteAllText(file, $$"""
            {
              "addr": "0.0.0.0:5001", "root": "/srv/registry", "htpasswd": "/etc/htpasswd", "delete": false, // no deletions
              "access": [{"repositories": ["team/**"], "users": ["alice"], "allow": ["read", "push"]}],
              "quotas": [{"repositories": "**", "bytes": "10GB", "together": true}],
              "collection": {"interval": "30m", "grace": "1h30m", "uploadAge": "2d"},
              "retention": [{"repositories": "ci/**", "keepLast": 5, "keepTags": ["v*"], "untaggedAfter": "7d"}],
              "proxies": [{"prefix": "hub", "upstream": "https://registry.example.org", "userName": "u", "passwordFile": "{{Path.Combine(_directory, "password")}}", "realmHosts": ["auth.example.org"]}],
              "webhooks": [{"url": "https://hooks.example.org/x", "actions": ["push"]}],
            }
            """);
        RegistryOptions options = RegistryConfiguration.FromArguments(["--config", file, "--addr=[::1]:5002"]);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 5002), options.Address);
        Assert.Equal("/srv/registry", options.Root);
        Assert.False(options.DeleteAllowed);
        Assert.Equal(10L << 30, options.Quotas[0].Bytes);
        Assert.Equal(TimeSpan.FromMinutes(90), options.Collection.Grace);
        Assert.Equal(5, options.Collection.Retention[0].KeepLast);
        Assert.Equal("secret", options.Proxies[0].Password);
        Assert.Equal(Tare.Registry.Access.RepositoryAction.Read | Tare.Registry.Access.RepositoryAction.Write, options.Rules[0].Allow);
    }

    [Theory]
    [InlineData("{\"adr\": \"x\"}", "adr")]
    [InlineData("{\"collection\": {\"grace\": \"soon\"}}", "soon")]
    [InlineData("{\"access\": [{\"repositories\": [\"*\"], \"users\": [\"*\"], \"allow\": [\"fly\"]}]}", "fly")]
    [InlineData("{\"addr\": \"5000\"}", "5000")]
    [InlineData("{\"proxies\": [{\"prefix\": \"x\", \"upstream\": \"ftp://x\"}]}", "ftp://x")]
    public void What_the_configuration_does_not_mean_is_said(string text, string named)
    {
        string file = Path.Combine(_directory, "registry.json");
        File.WriteAllText(file, text);
        TareException error = Assert.Throws<TareException>(() => RegistryConfiguration.FromArguments(["--config", file]));
        Assert.Contains(named, TareException.Describe(error), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_with_other_hashes_is_refused()
    {
        string file = Path.Combine(_directory, "htpasswd");
        File.WriteAllText(file, "alice:$apr1$x$y\n");
        TareException error = Assert.Throws<TareException>(() => new Tare.Registry.Access.Htpasswd(file));
        Assert.Contains("alice", error.Message, StringComparison.Ordinal);
    }
}
