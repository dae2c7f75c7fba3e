using Tare.Errors;
using Tare.Netlink;
using Tare.Netlink.Nftables;
using Tare.Netlink.Route;
using Tare.Networking.Bridges;
using Tare.Networking.Namespaces;

namespace Tare.Tests.Kernel.Networking;

public sealed class BridgeNetworkTests
{
    [Fact]
    public void Containers_of_a_network_reach_each_other_and_the_outside_with_the_hosts_address()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("bridge", s => s with { IsDefault = true });
        Assert.Equal(("tare0", "172.17.0.0/16", "172.17.0.1"), (network.BridgeName, network.Subnet, network.Gateway));
        (NetworkNamespace one, EndpointRecord first) = host.CreateContainer(network);
        (NetworkNamespace two, EndpointRecord second) = host.CreateContainer(network);
        Assert.Equal(("172.17.0.2", "02:42:ac:11:00:02"), (first.Ip, first.Mac));
        Assert.Equal("172.17.0.3", second.Ip);
        host.Serve(one, "one", 80);
        host.Serve(host.Neighbour, "neighbour", 80);
        Assert.Equal("one 172.17.0.3", TestHost.FetchSoon(two, first.Ip, 80));
        Assert.Equal("one 172.17.0.1", TestHost.FetchSoon(host.Host, first.Ip, 80));
        Assert.Equal("neighbour 10.99.0.1", TestHost.FetchSoon(two, "10.99.0.2", 80));
        // No IPv6 where the network has none.
        Assert.DoesNotContain(one.Route.Addresses(), a => a.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && a.LinkIndex != 1);
    }

    [Fact]
    public void Networks_are_isolated_from_each_other_and_from_neighbours_that_route_directly()
    {
        using var host = new TestHost();
        NetworkRecord red = host.CreateNetwork("red");
        NetworkRecord blue = host.CreateNetwork("blue");
        (NetworkNamespace inRed, EndpointRecord redEndpoint) = host.CreateContainer(red);
        (NetworkNamespace inBlue, _) = host.CreateContainer(blue);
        host.Serve(inRed, "red", 80);
        Assert.Null(TestHost.Fetch(inBlue, redEndpoint.Ip, 80));
        int link = host.Neighbour.Route.FindLink("lan0")!.Index;
        host.Neighbour.Route.Send(new MessageBuilder().AddRoute(System.Net.IPNetwork.Parse(red.Subnet), System.Net.IPAddress.Parse("10.99.0.1"), link), "route");
        Assert.Null(TestHost.Fetch(host.Neighbour, redEndpoint.Ip, 80));
        // A container in both networks reaches both.
        EndpointRecord extra = host.Driver.PlanEndpoint(red, new EndpointOptions { Id = TestHost.NewId(), InterfaceName = "eth1", IsDefaultGateway = false });
        host.Driver.Attach(red, extra, inBlue);
        Assert.Equal($"red {extra.Ip}", TestHost.FetchSoon(inBlue, redEndpoint.Ip, 80));
        host.Driver.Detach(red, extra);
        Assert.True(SpinWait.SpinUntil(() => inBlue.Route.FindLink("eth1") is null, 2000));
    }

    [Fact]
    public void An_internal_network_has_no_way_out_and_an_uncommunicative_one_none_between_containers()
    {
        using var host = new TestHost();
        NetworkRecord inner = host.CreateNetwork("inner", s => s with { Internal = true });
        NetworkRecord silent = host.CreateNetwork("silent", s => s with { InterContainer = false });
        host.Serve(host.Neighbour, "neighbour", 80);
        (NetworkNamespace a, EndpointRecord first) = host.CreateContainer(inner);
        (NetworkNamespace b, _) = host.CreateContainer(inner);
        (NetworkNamespace c, EndpointRecord third) = host.CreateContainer(silent);
        (NetworkNamespace d, _) = host.CreateContainer(silent);
        host.Serve(a, "a", 80);
        host.Serve(c, "c", 80);
        Assert.Equal("a", TestHost.FetchSoon(b, first.Ip, 80)?.Split(' ')[0]);
        Assert.Null(TestHost.Fetch(b, "10.99.0.2", 80));
        Assert.Null(TestHost.Fetch(d, third.Ip, 80));
        Assert.NotNull(TestHost.FetchSoon(d, "10.99.0.2", 80));
    }

    [Fact]
    public void IPv6_works_between_containers_and_outwards()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("six", s => s with { EnableIpv6 = true });
        (NetworkNamespace one, EndpointRecord first) = host.CreateContainer(network);
        (NetworkNamespace two, _) = host.CreateContainer(network);
        host.Serve(one, "one", 80, ipv6: true);
        host.Serve(host.Neighbour, "neighbour", 80, ipv6: true);
        Assert.NotNull(TestHost.FetchSoon(two, first.Ip6!, 80));
        Assert.Equal("neighbour fd99::1", TestHost.FetchSoon(two, "fd99::2", 80));
    }

    [Fact]
    public void Deleting_leaves_nothing_behind()
    {
        using var host = new TestHost();
        string[] before = Links(host.Host);
        NetworkRecord network = host.CreateNetwork("web", s => s with { EnableIpv6 = true });
        (_, EndpointRecord endpoint) = host.CreateContainer(network);
        _ = host.Driver.Publish(endpoint, "web", [new(Tare.Networking.Ports.PortProtocol.Tcp, 80, null, 0)]);
        Assert.NotEqual(before, Links(host.Host));
        host.Driver.Detach(network, endpoint);
        host.Driver.DeleteNetwork(network);
        host.Driver.RemoveEverything();
        Assert.True(SpinWait.SpinUntil(() => before.SequenceEqual(Links(host.Host)), 2000), string.Join(' ', Links(host.Host)));
        using NftSocket nft = host.Host.Run(NftSocket.Open);
        Assert.Empty(nft.Tables());
        Assert.Empty(Directory.GetFiles(host.Options.NamespaceDirectory));
        Assert.Equal(0, File.ReadAllLines("/proc/self/mountinfo").Count(l => l.Contains(host.Options.NamespaceDirectory, StringComparison.Ordinal)));
    }

    [Fact]
    public void Two_engines_share_a_host_without_touching_each_others_things()
    {
        using var host = new TestHost();
        NetworkRecord first = host.CreateNetwork("bridge", s => s with { IsDefault = true });
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(first);
        host.Serve(web, "web", 80);
        _ = host.Driver.Publish(endpoint, "web", [new(Tare.Networking.Ports.PortProtocol.Tcp, 80, null, 8080)]);
        Assert.NotNull(TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080));
        using var other = new Tare.Networking.NetworkDriver(host.Options with
        {
            Instance = "two",
            DefaultBridge = "tare-two",
            NamespaceDirectory = host.Options.NamespaceDirectory + "2",
        });
        _ = other.Recover([], [], []);
        NetworkRecord second = other.PlanNetwork(new NetworkSpec { Id = TestHost.NewId(), Name = "bridge", IsDefault = true });
        other.CreateNetwork(second);
        Assert.Equal(("tare-two", "172.18.0.0/16"), (second.BridgeName, second.Subnet));
        Assert.Contains("address already in use", Assert.Throws<TareException>(() => other.Publish(
            other.PlanEndpoint(second, new EndpointOptions { Id = TestHost.NewId() }), "x",
            [new(Tare.Networking.Ports.PortProtocol.Tcp, 80, null, 8080)])).Message, StringComparison.Ordinal);
        NetworkNamespace guest = other.CreateNamespace("guest");
        EndpointRecord inOther = other.PlanEndpoint(second, new EndpointOptions { Id = TestHost.NewId() });
        other.Attach(second, inOther, guest);
        Assert.Null(TestHost.Fetch(guest, endpoint.Ip, 80));
        Assert.NotNull(TestHost.FetchSoon(guest, "10.99.0.1", 8080));
        Assert.Throws<TareException>(() => other.CreateNetwork(first with { Id = TestHost.NewId() }));
        Assert.NotNull(TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080));
        guest.Dispose();
        other.RemoveEverything();
        Assert.NotNull(TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080));
        using NftSocket nft = host.Host.Run(NftSocket.Open);
        Assert.Equal(["tare"], nft.Tables());
    }

    [Fact]
    public void All_31_default_pools_can_be_used_and_the_next_is_refused_in_words()
    {
        using var host = new TestHost();
        var networks = Enumerable.Range(0, 31).Select(i => host.CreateNetwork($"net{i}")).ToList();
        Assert.Equal("192.168.240.0/20", networks[^1].Subnet);
        TareException refused = Assert.Throws<TareException>(() => host.CreateNetwork("one-too-many"));
        Assert.Contains("could not find an available, non-overlapping IPv4 address pool", refused.Message, StringComparison.Ordinal);
        foreach (NetworkRecord network in networks.Take(5))
            host.Driver.DeleteNetwork(network);
        Assert.Equal("172.17.0.0/16", host.CreateNetwork("again").Subnet);
    }

    private static string[] Links(NetworkNamespace netns) => [.. netns.Route.Links().Select(l => l.Name).Order()];
}
