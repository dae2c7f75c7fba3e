using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tare.Tests.EndToEnd;

/// <summary>The published registry with the clients people have.</summary>
public sealed class RegistryTests
{
    [Theory]
    [InlineData("oci", "zstd")]
    [InlineData("oci", "gzip")]
    [InlineData("v2s2", "gzip")]
    public void Skopeo_pushes_an_image_in_every_format_and_gets_the_same_one_back(string format, string compression)
    {
        using RegistryProgram registry = new();
        string image = $"docker://{registry.Address}/team/busybox:1";
        registry.Skopeo("copy", "--dest-tls-verify=false", "--format", format, "--dest-compress-format", compression, "--dest-compress", $"docker-archive:{Repository.Image("busybox")}", image).Ok();
        string pulled = Path.Combine(registry.Directory, "pulled");
        registry.Skopeo("copy", "--src-tls-verify=false", "--preserve-digests", image, $"dir:{pulled}").Ok();
        byte[] manifest = File.ReadAllBytes(Path.Combine(pulled, "manifest.json"));
        Assert.Equal($"sha256:{Convert.ToHexStringLower(SHA256.HashData(manifest))}", registry.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", image).Ok().Trim());
        foreach (JsonElement layer in JsonDocument.Parse(manifest).RootElement.GetProperty("layers").EnumerateArray())
        {
            string hex = layer.GetProperty("digest").GetString()![7..];
            Assert.Equal(hex, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(pulled, hex)))));
            Assert.EndsWith(compression, layer.GetProperty("mediaType").GetString());
        }
        registry.Skopeo("delete", "--tls-verify=false", image).Ok();
        Assert.NotEqual(0, registry.Skopeo("inspect", "--tls-verify=false", image).Code);
    }

    [Fact]
    public void Podman_pushes_and_pulls()
    {
        using RegistryProgram registry = new();
        string image = $"{registry.Address}/team/busybox:podman";
        string loaded = registry.Podman("load", "-q", "-i", Repository.Image("busybox")).Ok();
        registry.Podman("push", "--tls-verify=false", loaded[(loaded.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim(), image).Ok();
        registry.Podman("rmi", "-a", "-f").Ok();
        registry.Podman("pull", "-q", "--tls-verify=false", image).Ok();
        Assert.Contains(image, registry.Podman("images", "--format", "{{.Repository}}:{{.Tag}}").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void Buildah_pushes_an_index_of_two_platforms_and_skopeo_copies_all_of_it()
    {
        using RegistryProgram registry = new();
        registry.Buildah("manifest", "create", "multi").Ok();
        foreach (string architecture in (string[])["amd64", "arm64"])
        {
            string container = registry.Buildah("from", "--arch", architecture, "scratch").Ok().Trim();
            registry.Buildah("copy", container, Repository.Image("busybox"), "/" + architecture).Ok();
            registry.Buildah("commit", "-q", "--manifest", "multi", container).Ok();
        }
        string image = $"docker://{registry.Address}/team/multi:1";
        registry.Buildah("manifest", "push", "--all", "--tls-verify=false", "multi", image).Ok();
        registry.Skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", image, $"docker://{registry.Address}/copies/multi:1").Ok();
        JsonElement index = JsonDocument.Parse(registry.Skopeo("inspect", "--raw", "--tls-verify=false", $"docker://{registry.Address}/copies/multi:1").Ok()).RootElement;
        Assert.Equal(["amd64", "arm64"], index.GetProperty("manifests").EnumerateArray().Select(m => m.GetProperty("platform").GetProperty("architecture").GetString()).Order());
        string back = registry.Buildah("pull", "-q", "--tls-verify=false", $"{registry.Address}/copies/multi:1").Ok();
        Assert.NotEmpty(back.Trim());
    }

    [Fact]
    public async Task An_artifact_about_an_image_is_found_by_it()
    {
        using RegistryProgram registry = new();
        string image = $"docker://{registry.Address}/team/busybox:1";
        registry.Skopeo("copy", "--dest-tls-verify=false", "--format", "oci", $"docker-archive:{Repository.Image("busybox")}", image).Ok();
        byte[] subject = Encoding.UTF8.GetBytes(registry.Skopeo("inspect", "--raw", "--tls-verify=false", image).Ok());
        string digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(subject))}";
        string empty = await PushAsync(registry, "team/busybox", "{}"u8.ToArray());
        string artifact = $$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x-sbom",
             "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{empty}}","size":2},"layers":[],
             "subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{digest}}","size":{{subject.Length}} } }
            """;
        using var content = new StringContent(artifact, new MediaTypeHeaderValue("application/vnd.oci.image.manifest.v1+json"));
        using HttpResponseMessage put = await registry.Http.PutAsync($"/v2/team/busybox/manifests/sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(artifact)))}", content);
        Assert.Equal(201, (int)put.StatusCode);
        JsonElement referrers = JsonDocument.Parse(await registry.Http.GetStringAsync($"/v2/team/busybox/referrers/{digest}?artifactType=application/x-sbom")).RootElement;
        Assert.Equal("application/x-sbom", Assert.Single(referrers.GetProperty("manifests").EnumerateArray()).GetProperty("artifactType").GetString());
    }

    [Fact]
    public async Task A_push_that_a_SIGKILL_of_the_registry_cut_goes_on_without_sending_what_had_arrived()
    {
        using RegistryProgram registry = new();
        byte[] content = RandomNumberGenerator.GetBytes(40_000_000);
        using HttpResponseMessage post = await registry.Http.PostAsync("/v2/team/app/blobs/uploads/", null);
        string location = post.Headers.Location!.ToString();
        using (var half = new ByteArrayContent(content, 0, 10_000_000))
        using (HttpResponseMessage patch = await registry.Http.PatchAsync(location, half))
            Assert.Equal(202, (int)patch.StatusCode);
        using (var socket = new System.Net.Sockets.TcpClient())
        {
            await socket.ConnectAsync(System.Net.IPEndPoint.Parse(registry.Address));
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\nContent-Range: 10000000-39999999\r\n\r\n"));
            await socket.GetStream().WriteAsync(content.AsMemory(10_000_000, 10_000_000));
            registry.Kill();
        }
        registry.Start();
        using HttpResponseMessage status = await registry.Http.GetAsync(location);
        Assert.Equal(204, (int)status.StatusCode);
        int arrived = int.Parse(status.Headers.GetValues("Range").Single()[2..]) + 1;
        Assert.InRange(arrived, 10_000_000, 20_000_000);
        using var rest = new ByteArrayContent(content, arrived, content.Length - arrived);
        string digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        using HttpResponseMessage put = await registry.Http.PutAsync($"{location}?digest={digest}", rest);
        Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal(content, await registry.Http.GetByteArrayAsync($"/v2/team/app/blobs/{digest}"));
    }

    [Fact]
    public void Skopeo_logs_in_with_a_password_that_Apaches_htpasswd_hashed()
    {
        string users = Path.Combine(Path.GetTempPath(), $"tare-e2e-{Guid.NewGuid():N}");
        Repository.Run("htpasswd", ["-cbB", users, "alice", "secret"]).Ok();
        using RegistryProgram registry = new("--htpasswd", users);
        string image = $"docker://{registry.Address}/team/busybox:1";
        Assert.NotEqual(0, registry.Skopeo("copy", "--dest-tls-verify=false", $"docker-archive:{Repository.Image("busybox")}", image).Code);
        Assert.NotEqual(0, registry.Skopeo("login", "--tls-verify=false", "-u", "alice", "-p", "wrong", registry.Address).Code);
        registry.Skopeo("login", "--tls-verify=false", "-u", "alice", "-p", "secret", registry.Address).Ok();
        registry.Skopeo("copy", "--dest-tls-verify=false", $"docker-archive:{Repository.Image("busybox")}", image).Ok();
        registry.Podman("pull", "-q", "--tls-verify=false", $"{registry.Address}/team/busybox:1").Ok();
        File.Delete(users);
    }

    [Fact]
    public void A_cache_of_docker_registry_serves_its_images()
    {
        string directory = Directory.CreateTempSubdirectory("tare-e2e-upstream-").FullName;
        string upstream = $"127.0.0.1:{RegistryProgram.FreePort()}";
        File.WriteAllText(Path.Combine(directory, "docker.yml"), $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {directory}/data}}}}\nhttp: {{addr: \"{upstream}\"}}\n");
        File.WriteAllText(Path.Combine(directory, "tare.json"), $"{{\"proxies\": [{{\"prefix\": \"up\", \"upstream\": \"http://{upstream}\"}}]}}");
        using var peer = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("docker-registry") { ArgumentList = { "serve", Path.Combine(directory, "docker.yml") }, RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            using RegistryProgram cache = new("--config", Path.Combine(directory, "tare.json"));
            Wait.Until(
                () => cache.Skopeo("copy", "--dest-tls-verify=false", $"docker-archive:{Repository.Image("busybox")}", $"docker://{upstream}/busybox:1").Code == 0,
                TimeSpan.FromSeconds(30), () => "docker-registry takes no image");
            cache.Skopeo("copy", "--src-tls-verify=false", $"docker://{cache.Address}/up/busybox:1", $"dir:{directory}/pulled").Ok();
            peer.Kill();
            peer.WaitForExit();
            cache.Skopeo("copy", "--src-tls-verify=false", $"docker://{cache.Address}/up/busybox:1", $"dir:{directory}/again").Ok();
            Assert.Equal(File.ReadAllBytes($"{directory}/pulled/manifest.json"), File.ReadAllBytes($"{directory}/again/manifest.json"));
        }
        finally
        {
            if (!peer.HasExited)
                peer.Kill();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<string> PushAsync(RegistryProgram registry, string repository, byte[] content)
    {
        string digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        using var body = new ByteArrayContent(content);
        using HttpResponseMessage post = await registry.Http.PostAsync($"/v2/{repository}/blobs/uploads/?digest={digest}", body);
        Assert.Equal(201, (int)post.StatusCode);
        return digest;
    }
}
