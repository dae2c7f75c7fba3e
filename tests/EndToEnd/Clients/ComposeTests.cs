using System.Text.Json;

namespace Tare.Tests.EndToEnd.Clients;

/// <summary>A project of three services, driven by docker-compose 1.29 (Python) and docker compose 2.26 (Go): both must find what they know.</summary>
public sealed class ComposeTests : IDisposable
{
    private readonly Engine _engine = new();
    private readonly string _file = Path.Combine(Repository.Root, "tests/EndToEnd/Clients/compose.yaml");

    public ComposeTests()
    {
        _engine.LoadBusybox();
        _engine.Tare("load", "-q", "-i", Repository.Image("postgres")).Ok();
        string plugins = Path.Combine(_engine.Root, "docker", "cli-plugins");
        _ = Directory.CreateDirectory(plugins);
        _ = File.CreateSymbolicLink(Path.Combine(plugins, "docker-compose"), Path.Combine(Repository.Root, "artifacts/tools/cli-plugins/docker-compose"));
    }

    [Theory]
    [InlineData("docker", "compose")]
    [InlineData("docker-compose")]
    public void A_project_comes_up_scales_talks_and_goes(string program, params string[] first)
    {
        string[] project = [.. first, "-p", "shop", "-f", _file];
        Result Compose(params string[] arguments) => _engine.Run(program, [.. project, .. arguments], seconds: 120);

        using (Background events = _engine.Start(program, [.. project, "events", "--json"]))
        {
            Compose("up", "-d").Ok();
            Compose("up", "-d", "--scale", "worker=3").Ok();
            Assert.Equal(5, _engine.Docker("ps", "-q", "--filter", "label=com.docker.compose.project=shop").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
            Compose("restart", "-t", "1", "web").Ok();
            Wait.Until(() => Actions(events.Output).Contains("start"), TimeSpan.FromSeconds(10), () => $"no start event came: {events.Output}");
        }
        Assert.Equal("42", Compose("exec", "-T", "db", "psql", "-U", "postgres", "-Atc", "select 6 * 7").Ok().Trim());
        Assert.Equal(7, Compose("exec", "-T", "worker", "sh", "-c", "exit 7").Code);
        Assert.Equal("named", Compose("run", "--rm", "-T", "worker", "sh", "-c", "nslookup db > /dev/null && echo named").Ok().Trim());
        string address = Compose("port", "web", "80").Ok().Trim();
        Wait.Until(() => Repository.Run("curl", ["-s", $"http://{address}/"]).Output.Length > 0, TimeSpan.FromSeconds(10), () => $"nothing served on {address}");
        Wait.Until(() => Compose("logs", "--tail", "2", "worker").Ok().Contains("tick", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => "no logs of the worker");
        Compose("pause", "web").Ok();
        Assert.Contains("aused", Compose("ps").Ok());
        Compose("unpause", "web").Ok();
        Assert.Contains("httpd", Compose("top", "web").Ok());
        Assert.Contains("busybox", Compose("images").Ok());
        Compose("stop", "-t", "5", "worker").Ok();
        Compose("rm", "-f", "worker").Ok();
        Compose("kill", "web").Ok();
        Compose("down", "-v").Ok();
        Assert.Equal("", _engine.Docker("ps", "-aq").Ok() + _engine.Docker("volume", "ls", "-q").Ok());
        Assert.Equal("", _engine.Docker("network", "ls", "-q", "--filter", "type=custom").Ok());
    }

    public void Dispose() => _engine.Dispose();

    private static IEnumerable<string?> Actions(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line.StartsWith('{'))
        .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("action").GetString());
}
