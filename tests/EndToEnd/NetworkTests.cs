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
        Assert.Equal(143, _engine.Tare("run", "--rm", "busybox", "timeout", "1", "wget", "-qO-", $"http://{Address(web)}/").Code);
        Assert.Contains("has active endpoints", _engine.Tare("network", "rm", network).Error);
        _engine.Tare("rm", "-f", web).Ok();
        _engine.Tare("network", "rm", network).Ok();
    }

    [Fact]
    public void A_running_container_is_connected_and_disconnected()
    {
        string network = "net-" + Guid.NewGuid().ToString("N")[..8];
        _engine.Tare("network", "create", network).Ok();
        string id = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        _engine.Tare("network", "connect", network, id).Ok();
        Assert.Contains("eth1", _engine.Tare("exec", id, "ls", "/sys/class/net").Ok());
        _engine.Tare("network", "disconnect", network, id).Ok();
        Assert.DoesNotContain("eth1", _engine.Tare("exec", id, "ls", "/sys/class/net").Ok());
        _engine.Tare("rm", "-f", id).Ok();
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
        string id = _engine.Tare("run", "-d", "-p", "47200-47203:9000-9003/udp", "busybox", "sleep", "100").Ok().Trim();
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", id).Ok().Trim();
        const string Receive = "my $s = IO::Socket::INET->new(LocalPort => 9002, Proto => 'udp'); $s->recv(my $d, 100); print \"got $d\\n\"";
        using Background receiver = _engine.Start("nsenter", "-t", pid, "-n", "perl", "-MIO::Socket::INET", "-e", Receive);
        using System.Net.Sockets.UdpClient client = new();
        Wait.Until(() =>
        {
            _ = client.Send("datagram"u8.ToArray(), "127.0.0.1", 47202);
            Thread.Sleep(100);
            return receiver.Output.Contains("got datagram", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(10), () => "no datagram arrived");
        _engine.Tare("rm", "-f", id).Ok();
    }

    private string Address(string id) => _engine.Tare("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", id).Ok().Trim();

    private static string Get(string url) => Repository.Run("curl", ["-s", "-m", "5", "--retry", "10", "--retry-connrefused", "--retry-delay", "0", url]).Ok();
}
