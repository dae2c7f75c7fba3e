using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Tare.Tests.EndToEnd;

/// <summary>Images to and from a registry, by the published programs and the stock docker client, against Debian's docker-registry.</summary>
public sealed class ImageRegistryTests : IDisposable
{
    private readonly Engine _engine = new();
    private readonly string _root = Directory.CreateTempSubdirectory("tare-e2e-registry-").FullName;
    private readonly string _authority;
    private readonly Process _registry;

    public ImageRegistryTests()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _authority = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }
        string config = Path.Combine(_root, "config.yml");
        File.WriteAllText(config, $"version: 0.1\nlog: {{level: error, accesslog: {{disabled: false}}}}\nstorage: {{filesystem: {{rootdirectory: {_root}/store}}}}\nhttp: {{addr: \"{_authority}\"}}\n");
        var start = new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", "exec docker-registry serve \"$1\" >\"$2\" 2>&1", "sh", config, Path.Combine(_root, "log") } };
        _registry = Process.Start(start)!;
        Wait.Until(Answers, TimeSpan.FromSeconds(15), () => "docker-registry does not start");
        _engine.LoadBusybox();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _registry.Kill();
        _registry.WaitForExit();
        _registry.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void An_image_goes_to_a_registry_and_run_fetches_it_again()
    {
        string name = $"{_authority}/team/box:1";
        _engine.Tare("tag", "busybox", name).Ok();
        Assert.Contains("1: digest: sha256:", _engine.Tare("push", name).Ok(), StringComparison.Ordinal);
        Assert.Contains("Layer already exists", _engine.Docker("push", name).Ok(), StringComparison.Ordinal);
        _engine.Tare("rmi", "-f", name, "busybox").Ok();

        Result run = _engine.Tare("run", "--rm", name, "echo", "hello");
        Assert.Equal("hello\n", run.Ok());
        Assert.Contains("Status: Downloaded newer image for " + name, run.Error, StringComparison.Ordinal);
        Assert.Contains("Image is up to date", _engine.Docker("pull", name).Ok(), StringComparison.Ordinal);
        Assert.Contains($"{_authority}/team/box@sha256:", _engine.Tare("image", "inspect", "-f", "{{json .RepoDigests}}", name).Ok(), StringComparison.Ordinal);
        Assert.Contains("everything is as its digests say", _engine.Tare("image", "verify").Ok(), StringComparison.Ordinal);
        Assert.Contains("team/box", _engine.Tare("search", $"{_authority}/box").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_manifests_is_made_annotated_and_pushed()
    {
        string name = $"{_authority}/box:1";
        _engine.Tare("tag", "busybox", name).Ok();
        _engine.Tare("push", "-q", name).Ok();
        _engine.Tare("manifest", "create", $"{_authority}/list:1", name).Ok();
        _engine.Tare("manifest", "annotate", "--variant", "v2", $"{_authority}/list:1", name).Ok();
        Assert.StartsWith("sha256:", _engine.Tare("manifest", "push", "-p", $"{_authority}/list:1").Ok(), StringComparison.Ordinal);
        Assert.Contains("\"variant\": \"v2\"", _engine.Tare("manifest", "inspect", $"{_authority}/list:1").Ok(), StringComparison.Ordinal);
        Assert.Contains("\"manifests\"", _engine.Docker("manifest", "inspect", "--insecure", $"{_authority}/list:1").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_registry_refuses_is_told()
    {
        Result missing = _engine.Docker("pull", $"{_authority}/nothing:1");
        Assert.NotEqual(0, missing.Code);
        Assert.Contains("not found", missing.Error, StringComparison.Ordinal);
        Result none = _engine.Tare("push", $"{_authority}/nothing:1");
        Assert.Contains("An image does not exist locally with the tag", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_killed_in_mid_pull_goes_on_without_fetching_finished_blobs_again()
    {
        string name = PushBig(keep: false, out string[] blobs);
        using var slow = new SlowProxy(_authority);
        string slowName = name.Replace(_authority, slow.Authority, StringComparison.Ordinal);
        using (_engine.Start(Repository.Program("tare"), "pull", slowName))
        {
            // The small first layer is finished, the big one is on its way.
            Wait.Until(() => slow.Sent(blobs[1]) > 4_000_000 && File.Exists(Path.Combine(_engine.DataRoot, "content", "blobs", "sha256", blobs[0])), TimeSpan.FromSeconds(30), () => "the pull does not go on");
            _engine.Kill();
        }
        slow.Forget();
        slow.Fast = true;
        _engine.Start();
        _engine.Tare("pull", slowName).Ok();
        Assert.Equal(0, slow.Sent(blobs[0]));
        Assert.InRange(slow.Sent(blobs[1]), 1, 64_000_000 - 1_000_000);
        Assert.Contains("everything is as its digests say", _engine.Tare("image", "verify", slowName).Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_killed_in_mid_push_sends_only_what_the_registry_has_not()
    {
        string name = PushBig(keep: true, out _);
        using var slow = new SlowProxy(_authority);
        string other = $"{slow.Authority}/again:1";
        _engine.Tare("tag", name, other).Ok();
        using (_engine.Start(Repository.Program("tare"), "push", other))
        {
            Wait.Until(() => slow.Received > 4_000_000 && slow.Finished >= 1, TimeSpan.FromSeconds(30), () => "the push does not go on");
            _engine.Kill();
        }
        slow.Forget();
        slow.Fast = true;
        _engine.Start();
        Assert.Contains("Layer already exists", _engine.Tare("push", other).Ok(), StringComparison.Ordinal);
    }

    /// <summary>An image of a small and a big layer of bytes that do not compress, in the registry and perhaps in the engine.</summary>
    private string PushBig(bool keep, out string[] blobs)
    {
        string tree = Path.Combine(_root, "tree");
        _ = Directory.CreateDirectory(tree);
        var layers = new List<(string Digest, long Size)>();
        string layout = Path.Combine(_root, "layout");
        _ = Directory.CreateDirectory(Path.Combine(layout, "blobs", "sha256"));
        foreach (int size in (int[])[100_000, 64_000_000])
        {
            string file = Path.Combine(tree, $"f{size}");
            File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(size));
            string tar = Path.Combine(_root, $"{size}.tar");
            Repository.Run("tar", ["-C", tree, "-cf", tar, $"f{size}"]).Ok();
            layers.Add(Put(layout, File.ReadAllBytes(tar)));
        }
        string list = string.Join(',', layers.Select(l => $"{{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:{l.Digest}\",\"size\":{l.Size}}}"));
        (string config, long configSize) = Put(layout, Encoding.UTF8.GetBytes(
            $"{{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[{string.Join(',', layers.Select(l => $"\"sha256:{l.Digest}\""))}]}}}}"));
        (string manifest, long manifestSize) = Put(layout, Encoding.UTF8.GetBytes(
            $"{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:{config}\",\"size\":{configSize}}},\"layers\":[{list}]}}"));
        File.WriteAllText(Path.Combine(layout, "index.json"), $"{{\"schemaVersion\":2,\"manifests\":[{{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:{manifest}\",\"size\":{manifestSize}}}]}}");
        File.WriteAllText(Path.Combine(layout, "oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        string name = $"{_authority}/big:1";
        Repository.Run("skopeo", ["copy", "--preserve-digests", "--dest-tls-verify=false", $"oci:{layout}", $"docker://{name}"]).Ok();
        if (keep)
            _engine.Tare("pull", "-q", name).Ok();
        blobs = [.. layers.Select(l => l.Digest)];
        return name;
    }

    private static (string Digest, long Size) Put(string layout, byte[] content)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Path.Combine(layout, "blobs", "sha256", digest), content);
        return (digest, content.Length);
    }

    private bool Answers()
    {
        using var http = new HttpClient();
        try
        {
            return http.GetAsync($"http://{_authority}/v2/").GetAwaiter().GetResult().IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
