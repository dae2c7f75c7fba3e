using System.Net;
using System.Net.NetworkInformation;

namespace Tare.Tests.EndToEnd;

/// <summary>Networks as containers and their neighbours see them.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class NetworkTests(SharedEngine shared)
{
    private const string Server = "mkdir -p /w; echo served > /w/index.html; exec httpd -f -h /w";
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public void A_published_port_answers_on_every_address_of_the_host()
    {
        string id = _engine.Tare("run", "-d", "-p", "80", "busybox", "sh", "-c", Server).Ok().Trim();
        string port = _engine.Tare("port", id, "80/tcp").Ok().Split('\n')[0].Split(':')[^1];
        string host = NetworkInterface.GetAllNetworkInterfaces().SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .First(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !IPAddress.IsLoopback(a)).ToString();
        foreach (string address in new[] { "127.0.0.1", host, _engine.Gateway })
            Assert.Equal("served\n", Get($"http://{address}:{port}/"));
        _engine.Tare("rm", "-f", id).Ok();
        Assert.NotEqual(0, Repository.Run("curl", ["-s", "-m", "2", $"http://127.0.0.1:{port}/"]).Code);
    }

    [Fact]
    public void Containers_reach_each_other_by_name_on_a_network_of_their_own()
    {
        string network = "net-" + Guid.NewGuid().ToString("N")[..8];
        _engine.Tare("network", "create", network).Ok();
        string web = _engine.Tare("run", "-d", "--network", network, "--name", network + "-web", "--network-alias", "site", "busybox", "sh", "-c", Server).Ok().Trim();
        foreach (string name in new[] { network + "-web", "site", web[..12] })
            Assert.Equal("served\n", _engine.Tare("run", "--rm", "--network", network, "busybox", "wget", "-qO-", $"http://{name}/").Ok());
        Assert.Equal(143, _engine.Tare("run", "--rm", "busybox", "sh", "-c", $"timeout 1 wget -qO- http://{Address(web)}/; exit $?").Code);
        Assert.Contains("has active endpoints", _engine.Tare("network", "rm", network).Error);
        _engine.Tare("rm", "-f", web).Ok();
        _engine.Tare("network", "rm", network).Ok();
    }

    [Fact]
    public void A_running_container_is_connected_and_disconnected()
    {
        string network = "net-" + Guid.NewGuid().ToString("N")[..8];
        _engine.Tare("network", "create", network).Ok();
        string web = _engine.Tare("run", "-d", "--network", network, "--network-alias", "site", "busybox", "sh", "-c", Server).Ok().Trim();
        string id = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        string before = _engine.Tare("exec", id, "cat", "/etc/resolv.conf").Ok();
        Assert.DoesNotContain("127.0.0.11", before);
        _engine.Tare("network", "connect", network, id).Ok();
        Assert.Contains("eth1", _engine.Tare("exec", id, "ls", "/sys/class/net").Ok());
        Assert.Contains("nameserver 127.0.0.11\n", _engine.Tare("exec", id, "cat", "/etc/resolv.conf").Ok());
        Assert.Equal("served\n", _engine.Tare("exec", id, "wget", "-qO-", "http://site/").Ok());
        _engine.Tare("network", "disconnect", network, id).Ok();
        Assert.DoesNotContain("eth1", _engine.Tare("exec", id, "ls", "/sys/class/net").Ok());
        Assert.Equal(before, _engine.Tare("exec", id, "cat", "/etc/resolv.conf").Ok());
        _engine.Tare("exec", id, "sh", "-c", "echo nameserver 192.0.2.1 > /etc/resolv.conf").Ok();
        _engine.Tare("network", "connect", network, id).Ok();
        Assert.Equal("nameserver 192.0.2.1\n", _engine.Tare("exec", id, "cat", "/etc/resolv.conf").Ok());
        _engine.Tare("rm", "-f", id, web).Ok();
        _engine.Tare("network", "rm", network).Ok();
    }

    [Fact]
    public void The_default_bridge_has_an_ipv6_network_of_its_own()
    {
        string id = _engine.Tare("run", "-d", "-p", "80", "busybox", "sh", "-c", Server).Ok().Trim();
        string address = Inspect(id, "GlobalIPv6Address");
        Assert.Equal(0xfd, IPAddress.Parse(address).GetAddressBytes()[0]);
        _engine.Tare("exec", id, "ping", "-6", "-c", "1", "-W", "5", Inspect(id, "IPv6Gateway")).Ok();
        Assert.Equal("served\n", _engine.Tare("run", "--rm", "busybox", "wget", "-qO-", $"http://[{address}]/").Ok());

        // ::1 is carried by the engine, every other address of the host goes straight to the container's IPv6.
        string port = _engine.Tare("port", id, "80/tcp").Ok().Split('\n')[0].Split(':')[^1];
        foreach (string host in new[] { "::1", Inspect(id, "IPv6Gateway") })
            Assert.Equal("served\n", Get($"http://[{host}]:{port}/"));

        // Out of the bridge they leave with the host's address.
        using IpNeighbour outside = new();
        _engine.Tare("exec", id, "ping", "-6", "-c", "1", "-W", "5", outside.Address).Ok();

        string network = "net-" + Guid.NewGuid().ToString("N")[..8];
        _engine.Tare("network", "create", network).Ok();
        string other = _engine.Tare("run", "-d", "--network", network, "busybox", "sleep", "100").Ok().Trim();
        Assert.Equal("", Inspect(other, "GlobalIPv6Address"));
        Assert.DoesNotContain("inet6", _engine.Tare("exec", other, "ip", "addr", "show", "eth0").Ok());
        _engine.Tare("rm", "-f", id, other).Ok();
        _engine.Tare("network", "rm", network).Ok();
    }

    [Fact]
    public void None_host_and_anothers_network_are_what_they_say()
    {
        Assert.Equal("lo\n", _engine.Tare("run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net").Ok());
        Assert.Contains(Path.GetFileName(Directory.GetDirectories("/sys/class/net")[0]), _engine.Tare("run", "--rm", "--network", "host", "busybox", "ls", "/sys/class/net").Ok());
        string id = _engine.Tare("run", "-d", "busybox", "sh", "-c", Server).Ok().Trim();
        Assert.Equal("served\n", _engine.Tare("run", "--rm", "--network", $"container:{id}", "busybox", "wget", "-qO-", "http://127.0.0.1/").Ok());
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Fact]
    public void Udp_ports_and_ranges_are_published()
    {
        string id = _engine.Tare("run", "-d", "-p", "27200-27203:9000-9003/udp", "busybox", "sleep", "100").Ok().Trim();
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", id).Ok().Trim();
        const string Receive = "my $s = IO::Socket::INET->new(LocalPort => 9002, Proto => 'udp'); $s->recv(my $d, 100); print \"got $d\\n\"";
        using Background receiver = _engine.Start("nsenter", "-t", pid, "-n", "perl", "-MIO::Socket::INET", "-e", Receive);
        using System.Net.Sockets.UdpClient client = new();
        Wait.Until(() =>
        {
            _ = client.Send("datagram"u8.ToArray(), "127.0.0.1", 27202);
            Thread.Sleep(100);
            return receiver.Output.Contains("got datagram", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(10), () => "no datagram arrived");
        _engine.Tare("rm", "-f", id).Ok();
    }

    private string Address(string id) => Inspect(id, "IPAddress");

    private string Inspect(string id, string field) =>
        _engine.Tare("inspect", "-f", $"{{{{range .NetworkSettings.Networks}}}}{{{{.{field}}}}}{{{{end}}}}", id).Ok().Trim();

    private static string Get(string url) => Repository.Run("curl", ["-s", "-m", "5", "--retry", "10", "--retry-connrefused", "--retry-delay", "0", url]).Ok();
}

/// <summary>A neighbour of the host that knows the host's own address only: a network namespace at the other end of a link.</summary>
internal sealed class IpNeighbour : IDisposable
{
    private readonly string _name = "nb" + Guid.NewGuid().ToString("N")[..8];

    public IpNeighbour()
    {
        Run("netns", "add", _name);
        Run("link", "add", _name, "type", "veth", "peer", "name", "up0", "netns", _name);
        Run("addr", "add", "2001:db8:7::1/64", "dev", _name, "nodad");
        Run("link", "set", _name, "up");
        Run("-n", _name, "addr", "add", $"{Address}/64", "dev", "up0", "nodad");
        Run("-n", _name, "link", "set", "up0", "up");
    }

    public string Address => "2001:db8:7::2";

    public void Dispose() => Run("netns", "del", _name);

    private static void Run(params string[] arguments) => Repository.Run("ip", arguments).Ok();
}
