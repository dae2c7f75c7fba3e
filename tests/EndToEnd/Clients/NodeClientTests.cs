namespace Tare.Tests.EndToEnd.Clients;

/// <summary>Libraries in JavaScript that people's own programs use.</summary>
public sealed class NodeClientTests : IDisposable
{
    private readonly Engine _engine = new();

    public NodeClientTests() => _engine.LoadBusybox();

    [Fact]
    public void Dockerode_runs_execs_lists_watches_and_removes()
    {
        Assert.Equal(
            """
            ping: OK
            run: 3 "out\nerr\n"
            exec: half-close 0
            labels: 1
            stats: true 1
            event: kill
            volume: local
            network: bridge
            missing: 404 No such container: nosuch

            """, Node("dockerode.js", _engine.SocketPath));
    }

    [Fact]
    public void Testcontainers_starts_waits_copies_and_stops()
    {
        _engine.Tare("load", "-q", "-i", Repository.Image("postgres")).Ok();
        _engine.Tare("load", "-q", "-i", Repository.Image("redis")).Ok();
        Assert.Equal(
            """
            database: 0 42 port true
            page: copied in
            name: 0
            copied out: true
            restarted: again
            cache: OK value
            healthy
            stopped

            """, Node("testcontainers.js"));
        Assert.Equal("", _engine.Docker("ps", "-aq").Ok());
    }

    [Fact]
    public void What_a_run_of_testcontainers_leaves_behind_is_removed_by_its_reaper()
    {
        _engine.Tare("load", "-q", "-i", Repository.Image("postgres")).Ok();
        _engine.Docker("volume", "create", "kept").Ok();
        string kept = _engine.Docker("run", "-d", "-v", "kept:/v", "busybox", "sleep", "1000").Ok().Trim();
        MakeReaper();

        string[] left = Node("left.js", reaper: "reaper:latest").Trim().Split(' ');

        Wait.Until(() => _engine.Docker("ps", "-aq", "--no-trunc").Ok().Trim() == kept, TimeSpan.FromSeconds(30), () => _engine.Docker("ps", "-a").Ok());
        Assert.DoesNotContain(left[1], _engine.Docker("network", "ls").Ok());
        Assert.Equal("kept\n", _engine.Docker("volume", "ls", "-q").Ok());
    }

    public void Dispose() => _engine.Dispose();

    /// <summary>An image of a system with a shell, of busybox's server and of the command line.</summary>
    private void MakeReaper()
    {
        string scripts = Path.Combine(Repository.Root, "tests/EndToEnd/Clients/reaper");
        string id = _engine.Docker("create", "postgres").Ok().Trim();
        foreach (string file in (string[])[Path.Combine(scripts, "reaper"), Path.Combine(scripts, "reaper-session"), Repository.Program("tare"), "/bin/busybox"])
            _engine.Docker("cp", file, $"{id}:/usr/local/bin/").Ok();
        _engine.Docker("commit", "-c", "ENTRYPOINT [\"reaper\"]", "-c", "CMD []", id, "reaper:latest").Ok();
        _engine.Docker("rm", "-v", id).Ok();
    }

    private string Node(string script, string? argument = null, string? reaper = null) =>
        Repository.Run("node", [Path.Combine(Repository.Root, "tests/EndToEnd/Clients", script), .. argument is null ? Array.Empty<string>() : [argument]], seconds: 240, environment: new()
        {
            ["DOCKER_HOST"] = _engine.Host,
            ["NODE_PATH"] = Path.Combine(Repository.Root, "artifacts/tools/node/node_modules"),
            // The default reaper is an image of a public registry.
            [reaper is null ? "TESTCONTAINERS_RYUK_DISABLED" : "RYUK_CONTAINER_IMAGE"] = reaper ?? "true",
        }).Ok();
}
