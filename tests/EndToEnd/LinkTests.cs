namespace Tare.Tests.EndToEnd;

/// <summary>Containers that are linked, and ports that follow a container from one network to another.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class LinkTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;
    private readonly string _suffix = Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public void A_linked_container_is_known_by_its_alias_in_hosts_and_environment_until_the_link_is_removed()
    {
        (string db, string app) = ("db" + _suffix, "app" + _suffix);
        _engine.Tare("run", "-d", "--name", db, "-e", "SECRET=yes", "--expose", "5432-5433", "busybox", "sleep", "100").Ok();
        Result made = _engine.Docker("run", "-d", "--name", app, "--link", $"{db}:data-base", "busybox", "sleep", "100");
        made.Ok();
        Assert.Contains("deprecated", made.Error);
        string address = Inspect(db, "{{.NetworkSettings.Networks.bridge.IPAddress}}");
        Assert.Contains($"{address}\tdata-base ", _engine.Tare("exec", app, "cat", "/etc/hosts").Ok());
        string[] variables = _engine.Tare("exec", app, "env").Ok().Split('\n');
        foreach (string expected in new[]
        {
            $"DATA_BASE_PORT=tcp://{address}:5432", $"DATA_BASE_PORT_5433_TCP_ADDR={address}", $"DATA_BASE_PORT_5432_TCP_END=tcp://{address}:5433",
            $"DATA_BASE_NAME=/{app}/data-base", "DATA_BASE_ENV_SECRET=yes",
        })
            Assert.Contains(expected, variables);
        Assert.Equal($"[/{db}:/{app}/data-base]", Inspect(app, "{{.HostConfig.Links}}"));
        Assert.Equal("/" + db, Inspect($"{app}/data-base", "{{.Name}}"));

        // Another address after a restart reaches those that are linked to it.
        _engine.Tare("stop", "-t", "0", db).Ok();
        string between = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        _engine.Tare("start", db).Ok();
        Assert.NotEqual(address, Inspect(db, "{{.NetworkSettings.Networks.bridge.IPAddress}}"));
        _engine.Tare("exec", app, "ping", "-c", "1", "-W", "5", "data-base").Ok();

        _engine.Docker("rm", "--link", $"{app}/data-base").Ok();
        Assert.DoesNotContain("data-base", _engine.Tare("exec", app, "cat", "/etc/hosts").Ok());
        Assert.Equal("[]", Inspect(app, "{{.HostConfig.Links}}"));
        _engine.Tare("rm", "-f", db, app, between).Ok();
    }

    [Fact]
    public void A_link_to_what_does_not_run_keeps_a_container_from_starting()
    {
        string db = "db" + _suffix;
        _engine.Tare("create", "--name", db, "busybox", "sleep", "100").Ok();
        Result refused = _engine.Tare("run", "--rm", "--link", db, "busybox", "true");
        Assert.Equal(125, refused.Code);
        Assert.Contains($"Cannot link to a non running container: /{db} AS /", refused.Error);
        Assert.Contains("could not get container for nobody", _engine.Tare("run", "--rm", "--link", "nobody:x", "busybox", "true").Error);
        Assert.Contains("bad format for links", _engine.Tare("run", "--rm", "--link", "a:b:c", "busybox", "true").Error);
        _engine.Tare("rm", db).Ok();
    }

    [Fact]
    public void On_a_network_of_their_own_a_link_is_a_name_for_one_container_alone()
    {
        string network = "net" + _suffix;
        _engine.Tare("network", "create", network).Ok();
        string web = _engine.Tare("run", "-d", "--network", network, "--name", "web" + _suffix, "busybox", "sleep", "100").Ok().Trim();
        _engine.Tare("run", "--rm", "--network", network, "--link", $"web{_suffix}:site", "busybox", "ping", "-c", "1", "-W", "5", "site").Ok();
        Assert.NotEqual(0, _engine.Tare("run", "--rm", "--network", network, "busybox", "ping", "-c", "1", "-W", "1", "site").Code);
        string other = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        _engine.Docker("network", "connect", "--link", $"web{_suffix}:mine", network, other).Ok();
        _engine.Tare("exec", other, "ping", "-c", "1", "-W", "5", "mine").Ok();
        _engine.Tare("rm", "-f", web, other).Ok();
        _engine.Tare("network", "rm", network).Ok();
    }

    [Fact]
    public void Published_ports_follow_the_default_route_when_networks_are_joined_and_left()
    {
        (string first, string second) = ("net1" + _suffix, "net0" + _suffix);
        _engine.Tare("network", "create", first).Ok();
        _engine.Tare("network", "create", second).Ok();
        string web = _engine.Tare("run", "-d", "-p", "80", "--network", first, "busybox", "sh", "-c", "mkdir /w; echo served > /w/index.html; exec httpd -f -h /w").Ok().Trim();
        string port = _engine.Tare("port", web, "80").Ok().Split('\n')[0];
        string url = $"http://127.0.0.1:{port.Split(':')[^1]}/";
        Assert.Equal("served\n", Get(url));

        // By name, the other network comes first: it gets the route, and the port stays what it was.
        _engine.Tare("network", "connect", second, web).Ok();
        Assert.Contains("default via", _engine.Tare("exec", web, "ip", "route", "show", "dev", "eth1").Ok());
        Assert.Equal(port, _engine.Tare("port", web, "80").Ok().Split('\n')[0]);
        Assert.Equal("served\n", Get(url));

        _engine.Tare("network", "disconnect", second, web).Ok();
        Assert.Contains("default via", _engine.Tare("exec", web, "ip", "route", "show", "dev", "eth0").Ok());
        Assert.Equal("served\n", Get(url));

        _engine.Tare("network", "disconnect", first, web).Ok();
        Assert.Equal("map[80/tcp:[]]", Inspect(web, "{{.NetworkSettings.Ports}}"));
        Assert.NotEqual(0, Repository.Run("curl", ["-s", "-m", "1", url]).Code);
        _engine.Tare("network", "connect", second, web).Ok();
        Assert.Equal("served\n", Get($"http://127.0.0.1:{_engine.Tare("port", web, "80").Ok().Split('\n')[0].Split(':')[^1]}/"));
        _engine.Tare("rm", "-f", web).Ok();
        _engine.Tare("network", "rm", first, second).Ok();
    }

    private string Inspect(string name, string format) => _engine.Docker("inspect", "-f", format, name).Ok().Trim();

    private static string Get(string url) => Repository.Run("curl", ["-s", "-m", "5", "--retry", "10", "--retry-connrefused", "--retry-delay", "0", url]).Ok();
}
