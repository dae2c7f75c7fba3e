namespace Tare.Tests.EndToEnd;

/// <summary>A registry inside the engine: one store of blobs for both.</summary>
public sealed class EngineRegistryTests
{
    [Fact]
    public async Task An_engines_own_registry_takes_pushes_serves_pulls_and_keeps_its_blobs_over_a_restart()
    {
        string address = $"127.0.0.1:{RegistryProgram.FreePort()}";
        using Engine engine = new(start: false) { Options = ["--registry-addr", address] };
        engine.Start();
        await AnswersAsync(address);
        string source = $"docker-archive:{Repository.Image("busybox")}";
        engine.Run("skopeo", ["--insecure-policy", "copy", "--dest-tls-verify=false", "--format", "oci", source, $"docker://{address}/team/busybox:1"]).Ok();
        engine.Docker("pull", "-q", $"{address}/team/busybox:1").Ok();
        Assert.Equal("hello", engine.Docker("run", "--rm", "--network", "none", $"{address}/team/busybox:1", "echo", "hello").Ok().Trim());

        // The image's removal leaves what the repository has, and the other way round.
        engine.Docker("rmi", "-f", $"{address}/team/busybox:1").Ok();
        engine.Stop();
        engine.Start();
        await AnswersAsync(address);
        engine.Docker("pull", "-q", $"{address}/team/busybox:1").Ok();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        using HttpResponseMessage head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v2/team/busybox/manifests/1"));
        using HttpResponseMessage deleted = await http.DeleteAsync($"/v2/team/busybox/manifests/{head.Headers.GetValues("Docker-Content-Digest").Single()}");
        Assert.Equal(202, (int)deleted.StatusCode);
        Assert.Equal("hello", engine.Docker("run", "--rm", "--network", "none", $"{address}/team/busybox:1", "echo", "hello").Ok().Trim());
        engine.Docker("save", "-o", Path.Combine(engine.Root, "saved.tar"), $"{address}/team/busybox:1").Ok();
    }

    /// <summary>The API's socket exists before everything beside it serves.</summary>
    private static async Task AnswersAsync(string address)
    {
        using var http = new HttpClient();
        for (int tries = 0; ; tries++)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync($"http://{address}/v2/");
                return;
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }
}
