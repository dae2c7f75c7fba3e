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
        Assert.Equal(
            """
            database: 0 42 port true
            page: copied in
            name: 0
            copied out: true
            restarted: again
            healthy
            stopped

            """, Node("testcontainers.js"));
        Assert.Equal("", _engine.Docker("ps", "-aq").Ok());
    }

    public void Dispose() => _engine.Dispose();

    private string Node(string script, params string[] arguments) =>
        Repository.Run("node", [Path.Combine(Repository.Root, "tests/EndToEnd/Clients", script), .. arguments], seconds: 240, environment: new()
        {
            ["DOCKER_HOST"] = _engine.Host,
            ["NODE_PATH"] = Path.Combine(Repository.Root, "artifacts/tools/node/node_modules"),
            // The reaper is an image of a public registry; SurvivalTests and this class's end remove what is left.
            ["TESTCONTAINERS_RYUK_DISABLED"] = "true",
        }).Ok();
}
