using System.Net;
using Tare.Errors;
using Tare.Networking.Files;
using Tare.Networking.Firewall;
using Tare.Networking.Ports;

namespace Tare.Tests.Unit.Networking;

public sealed class ContainerFilesTests
{
    private static readonly ResolvConf Host = ResolvConf.Parse("""
        # comment
        nameserver 127.0.0.53
        nameserver 10.0.0.53
        search corp.example home.example
        options edns0 ndots:2
        """);

    [Fact]
    public void A_changed_resolv_conf_is_told_from_our_own()
    {
        string text = ResolvConf.BuildEmbedded(Host, DnsSettings.None);
        Assert.True(ResolvConf.IsUnchanged(text));
        foreach (string changed in new[] { "", "nameserver 10.0.0.53\n", text + "\n", text.Replace("127.0.0.11", "127.0.0.12", StringComparison.Ordinal), text[(text.IndexOf('\n') + 1)..] })
            Assert.False(ResolvConf.IsUnchanged(changed));
    }

    [Fact]
    public void The_default_network_copies_the_hosts_servers_without_loopback_ones()
    {
        Assert.Equal(["nameserver 10.0.0.53", "search corp.example home.example", "options edns0 ndots:2"], Lines(ResolvConf.Build(Host, DnsSettings.None)));
        Assert.Equal(["nameserver 1.1.1.1", "search corp.example home.example", "options edns0 ndots:2"],
            Lines(ResolvConf.Build(Host, DnsSettings.None with { Servers = ["1.1.1.1"] })));
        Assert.Equal(["nameserver 8.8.8.8", "nameserver 8.8.4.4"], Lines(ResolvConf.Build(ResolvConf.Parse("nameserver ::1"), DnsSettings.None)));
    }

    [Fact]
    public void User_defined_networks_ask_the_embedded_server()
    {
        Assert.Equal(["nameserver 127.0.0.11", "search corp.example home.example", "options edns0 ndots:0"],
            Lines(ResolvConf.BuildEmbedded(Host, DnsSettings.None)));
        Assert.Equal(["nameserver 127.0.0.11", "options ndots:5"],
            Lines(ResolvConf.BuildEmbedded(Host, new DnsSettings(["1.1.1.1"], ["."], ["ndots:5"]))));
        Assert.Equal([IPAddress.Parse("1.1.1.1")], ResolvConf.Upstreams(DnsSettings.None with { Servers = ["1.1.1.1", "junk"] }));
    }

    [Fact]
    public void Hosts_names_the_container_and_what_the_user_added()
    {
        string[] lines = HostsFile.Build("web", "corp.example", ["172.17.0.2"], ["db:10.0.0.9", "six=[fd00::9]", "host.docker.internal:host-gateway"],
            "172.17.0.1").Split('\n');
        Assert.Equal("127.0.0.1\tlocalhost", lines[0]);
        Assert.Equal(["10.0.0.9\tdb", "fd00::9\tsix", "172.17.0.1\thost.docker.internal", "172.17.0.2\tweb.corp.example web", ""], lines[6..]);
    }

    [Theory]
    [InlineData("nonsense", "bad format for add-host: \"nonsense\"")]
    [InlineData("db:not-an-address", "invalid IP address in add-host: \"not-an-address\"")]
    [InlineData("a b:10.0.0.1", "bad format for add-host: \"a b:10.0.0.1\"")]
    [InlineData("a\n1.2.3.4 b:10.0.0.1", "bad format for add-host: \"a\n1.2.3.4 b:10.0.0.1\"")]
    public void Wrong_additions_are_refused(string entry, string message) =>
        Assert.Equal(message, Assert.Throws<TareException>(() => HostsFile.ParseExtra(entry, "172.17.0.1")).Message);

    [Fact]
    public void Neighbouring_ports_that_keep_their_numbers_become_one_rule()
    {
        IPAddress any = IPAddress.Any, target = IPAddress.Parse("172.17.0.2");
        PortRule Rule(ushort host, ushort container, PortProtocol protocol = PortProtocol.Tcp) => new(protocol, any, host, 1, target, container);
        List<PortRule> joined = FirewallRules.Coalesce(
            [Rule(9002, 9002), Rule(9000, 9000), Rule(9001, 9001), Rule(9003, 80), Rule(9004, 9004), Rule(9000, 9000, PortProtocol.Udp)]);
        Assert.Equal([(9000, 3), (9003, 1), (9004, 1), (9000, 1)], joined.Select(r => ((int)r.HostPort, r.Count)));
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Where(l => l.Length > 0 && !l.StartsWith('#'))];

    [Fact]
    public void The_lines_of_a_linked_container_are_changed_and_the_others_stay()
    {
        string text = HostsFile.Build("app", "", ["10.0.0.3"], [], null, [("10.0.0.2", "db host"), ("fd00::2", "db host")]);
        string changed = HostsFile.Replace(text + "10.0.0.2\tdbx\n", "db", ["10.0.0.7", ""]);
        Assert.Contains("\n10.0.0.7\tdb host\n", changed);
        Assert.Contains("\nfd00::2\tdb host\n", changed);
        Assert.Contains("\n10.0.0.2\tdbx\n", changed);
        Assert.Equal(HostsFile.Build("app", "", ["10.0.0.3"], [], null), HostsFile.Remove(text, "db"));
    }
}
