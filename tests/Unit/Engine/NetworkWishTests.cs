using System.Net;
using Tare.Engine.Networks;
using Tare.EngineApi.Networks;
using Tare.Errors;
using Tare.Networking.Bridges;
using Tare.Networking.Ports;
using PortBinding = Tare.EngineApi.Containers.PortBinding;

namespace Tare.Tests.Unit.Engine;

public sealed class NetworkWishTests
{
    [Fact]
    public void Subnets_options_and_reserved_addresses_reach_the_driver()
    {
        NetworkSpec spec = NetworkWish.Read(new NetworkCreateRequest
        {
            Name = "n",
            Internal = true,
            Options = new()
            {
                ["com.docker.network.bridge.name"] = "br-x",
                ["com.docker.network.bridge.enable_icc"] = "false",
                ["com.docker.network.bridge.enable_ip_masquerade"] = "0",
                ["com.docker.network.driver.mtu"] = "1400",
                ["my.note"] = "kept",
            },
            IPAM = new Ipam
            {
                Config =
                [
                    new IpamConfig { Subnet = "10.1.0.0/16", Gateway = "10.1.0.9", IPRange = "10.1.4.0/24", AuxiliaryAddresses = new() { ["router"] = "10.1.0.5" } },
                    new IpamConfig { Subnet = "fd00:1::/64" },
                ],
            },
        }, "id");
        Assert.Equal(("10.1.0.0/16", "10.1.0.9", "10.1.4.0/24"), (spec.Subnet, spec.Gateway, spec.Range));
        Assert.Equal("fd00:1::/64", spec.Subnet6);
        Assert.Equal(["10.1.0.5"], spec.Auxiliary);
        Assert.True(spec.Internal && spec.EnableIpv6 && !spec.InterContainer && !spec.Masquerade);
        Assert.Equal(("br-x", 1400), (spec.BridgeName, spec.Mtu));
    }

    [Theory]
    [InlineData("com.docker.network.bridge.enable_icc", "maybe", ErrorKind.InvalidArgument)]
    [InlineData("com.docker.network.bridge.gateway_mode_ipv4", "routed", ErrorKind.NotSupported)]
    public void Options_that_would_be_silently_lost_are_refused(string name, string value, ErrorKind kind)
    {
        TareException error = Assert.Throws<TareException>(() =>
            NetworkWish.Read(new NetworkCreateRequest { Name = "n", Options = new() { [name] = value } }, "id"));
        Assert.Equal(kind, error.Kind);
    }

    [Fact]
    public void A_gateway_without_a_subnet_and_two_subnets_of_one_family_are_refused()
    {
        static void Read(params IpamConfig[] configs) =>
            NetworkWish.Read(new NetworkCreateRequest { Name = "n", IPAM = new Ipam { Config = [.. configs] } }, "id");
        _ = Assert.Throws<TareException>(() => Read(new IpamConfig { Gateway = "10.0.0.1" }));
        _ = Assert.Throws<TareException>(() => Read(new IpamConfig { Subnet = "10.0.0.0/24" }, new IpamConfig { Subnet = "10.0.1.0/24" }));
        _ = Assert.Throws<TareException>(() => Read(new IpamConfig { Subnet = "somewhere" }));
    }

    [Fact]
    public void Ports_are_read_with_ranges_addresses_and_protocols_and_exposed_ones_when_all_are_published()
    {
        var ports = new Dictionary<string, List<PortBinding>?>
        {
            ["80/tcp"] = [new PortBinding { HostPort = "8080" }, new PortBinding { HostIp = "127.0.0.1", HostPort = "9000-9010" }],
            ["53/udp"] = [new PortBinding()],
        };
        List<PortSpec> specs = PortWish.Read(ports, ["80/tcp", "443/tcp"], publishAll: true, hostBinding: null);
        Assert.Equal(
        [
            new PortSpec(PortProtocol.Tcp, 80, null, 8080),
            new PortSpec(PortProtocol.Tcp, 80, IPAddress.Loopback, 9000, 9010),
            new PortSpec(PortProtocol.Udp, 53),
            new PortSpec(PortProtocol.Tcp, 443),
        ], specs);
    }

    [Theory]
    [InlineData("0/tcp", "")]
    [InlineData("http", "")]
    [InlineData("80/xyz", "")]
    [InlineData("80/tcp", "90-80")]
    [InlineData("80/tcp", "70000")]
    public void Bad_ports_are_refused(string port, string hostPort)
    {
        var ports = new Dictionary<string, List<PortBinding>?> { [port] = [new PortBinding { HostPort = hostPort }] };
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => PortWish.Read(ports, [], false, null)).Kind);
    }

    [Fact]
    public void Published_ports_are_shown_beside_exposed_ones()
    {
        Dictionary<string, List<PortBinding>?> shown = PortWish.Show([new StoredPort(6, 80, "0.0.0.0", 8080)], ["80/tcp", "443/tcp"]);
        Assert.Equal("8080", Assert.Single(shown["80/tcp"]!).HostPort);
        Assert.Null(shown["443/tcp"]);
    }
}
