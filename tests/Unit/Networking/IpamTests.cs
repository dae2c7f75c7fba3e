using System.Net;
using Tare.Errors;
using Tare.Networking.Addresses;
using Tare.Networking.Bridges;

namespace Tare.Tests.Unit.Networking;

public sealed class IpamTests
{
    [Fact]
    public void Default_subnets_skip_what_the_host_uses()
    {
        var ipam = new Ipam(() => [IPNetwork.Parse("172.17.5.0/24"), IPNetwork.Parse("172.18.0.0/15")], "seed");
        Assert.Equal("172.20.0.0/16", ipam.AllocateSubnet().Subnet.ToString());
        Assert.Equal("172.21.0.0/16", ipam.AllocateSubnet().Subnet.ToString());
        ipam.ReleaseSubnet(IPNetwork.Parse("172.20.0.0/16"));
        Assert.Equal("172.20.0.0/16", ipam.AllocateSubnet().Subnet.ToString());
        Assert.Equal(31, Ipam.DefaultPools().Count);
        IPNetwork six = ipam.AllocateSubnet6().Subnet;
        Assert.True(six.PrefixLength == 64 && six.BaseAddress.GetAddressBytes()[0] == 0xfd);
        Assert.NotEqual(six, ipam.AllocateSubnet6().Subnet);
    }

    [Fact]
    public void A_released_address_is_not_handed_out_at_once_and_an_exhausted_pool_says_so()
    {
        var pool = new AddressPool(IPNetwork.Parse("10.0.0.0/29"));
        Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.3"], Enumerable.Range(0, 3).Select(_ => pool.Allocate("n").ToString()));
        pool.Release(IPAddress.Parse("10.0.0.2"));
        Assert.Equal(["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.2"], Enumerable.Range(0, 4).Select(_ => pool.Allocate("n").ToString()));
        TareException full = Assert.Throws<TareException>(() => pool.Allocate("web"));
        Assert.Equal("no available IPv4 addresses on this network's address pools: web", full.Message);
    }

    [Fact]
    public void Ranges_gateways_and_reserved_addresses_are_honoured()
    {
        NetworkPlan plan = Plan(out _);
        NetworkRecord network = plan.Network(Spec() with
        {
            Subnet = "10.5.0.0/16",
            Range = "10.5.9.0/29",
            Gateway = "10.5.0.254",
            Auxiliary = ["10.5.9.1"],
        });
        Assert.Equal(("10.5.0.254", "br-0123456789ab"), (network.Gateway, network.BridgeName));
        EndpointRecord first = plan.Endpoint(network, new EndpointOptions { Id = Id });
        Assert.Equal(("10.5.9.0", "02:42:0a:05:09:00", "veth0123456789a", 16), (first.Ip, first.Mac, first.HostLink, first.PrefixLength));
        Assert.Equal("10.5.9.2", plan.Endpoint(network, new EndpointOptions { Id = Id }).Ip);
        Assert.Equal("10.5.0.7", plan.Endpoint(network, new EndpointOptions { Id = Id, Ip = "10.5.0.7" }).Ip);
        Assert.Equal("Address already in use",
            Assert.Throws<TareException>(() => plan.Endpoint(network, new EndpointOptions { Id = Id, Ip = "10.5.0.7" })).Message);
        Assert.Contains("no configured subnet or ip-range contain the IP address 10.6.0.1",
            Assert.Throws<TareException>(() => plan.Endpoint(network, new EndpointOptions { Id = Id, Ip = "10.6.0.1" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bip_names_the_bridges_own_address_and_refuses_static_addresses()
    {
        NetworkPlan plan = Plan(out _);
        NetworkRecord bridge = plan.Network(Spec() with { IsDefault = true, Subnet = "192.168.77.1/24" });
        Assert.Equal(("192.168.77.0/24", "192.168.77.1", "tare0"), (bridge.Subnet, bridge.Gateway, bridge.BridgeName));
        Assert.Equal("user specified IP address is supported on user defined networks only",
            Assert.Throws<TareException>(() => plan.Endpoint(bridge, new EndpointOptions { Id = Id, Ip = "192.168.77.9" })).Message);
    }

    [Fact]
    public void A_failed_plan_keeps_no_subnet_and_a_restored_one_keeps_its_addresses()
    {
        NetworkPlan plan = Plan(out Ipam ipam);
        _ = Assert.Throws<TareException>(() => plan.Network(Spec() with { Subnet = "10.5.0.0/16", Gateway = "10.6.0.1" }));
        NetworkRecord network = plan.Network(Spec() with { Subnet = "10.5.0.0/16" });
        Assert.Contains("Pool overlaps with other one on this address space",
            Assert.Throws<TareException>(() => plan.Network(Spec() with { Subnet = "10.5.3.0/24" })).Message, StringComparison.Ordinal);
        EndpointRecord endpoint = plan.Endpoint(network, new EndpointOptions { Id = Id });
        Assert.Equal(2, ipam.Find(network.Network4).InUse);
        NetworkPlan restarted = Plan(out _);
        restarted.Restore(network);
        restarted.Restore(network, endpoint);
        Assert.Equal("10.5.0.3", restarted.Endpoint(network, new EndpointOptions { Id = Id }).Ip);
    }

    [Theory]
    [InlineData("not-a-mac")]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("02:42:ac:11:00")]
    public void Wrong_hardware_addresses_are_refused(string mac) => Assert.Throws<TareException>(() => NetworkPlan.ParseMac(mac));

    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static NetworkSpec Spec() => new() { Id = Id, Name = "net" };

    private static NetworkPlan Plan(out Ipam ipam)
    {
        ipam = new Ipam(() => [], "seed");
        return new NetworkPlan(ipam, "tare0", () => 1500);
    }
}
