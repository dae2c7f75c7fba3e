using System.Net;
using System.Net.Sockets;
using Tare.Errors;
using Tare.Netlink.Nftables;
using Tare.Networking;
using Tare.Networking.Bridges;
using Tare.Networking.Namespaces;
using Tare.Networking.Ports;

namespace Tare.Tests.Kernel.Networking;

public sealed class PublishedPortTests
{
    [Fact]
    public void A_published_port_is_reached_from_everywhere()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("bridge", s => s with { IsDefault = true });
        NetworkRecord other = host.CreateNetwork("other");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        (NetworkNamespace sibling, _) = host.CreateContainer(network);
        (NetworkNamespace stranger, _) = host.CreateContainer(other);
        host.Serve(web, "web", 80);
        IReadOnlyList<PublishedPort> published = host.Driver.Publish(endpoint, "web", [new(PortProtocol.Tcp, 80, null, 8080)]);
        Assert.Equal([("0.0.0.0", 8080), ("::", 8080)], published.Select(p => (p.HostAddress.ToString(), (int)p.HostPort)));
        Assert.Equal("web 10.99.0.2", TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080)); // another host keeps its address
        Assert.Equal("web 10.99.0.1", TestHost.FetchSoon(host.Host, "10.99.0.1", 8080)); // the host by its own address
        Assert.Equal("web 172.17.0.1", TestHost.FetchSoon(host.Host, "127.0.0.1", 8080)); // and by loopback
        Assert.Equal("web 172.17.0.1", TestHost.FetchSoon(host.Host, "::1", 8080)); // IPv6 to a container without
        Assert.Equal("web 172.17.0.1", TestHost.FetchSoon(host.Neighbour, "fd99::1", 8080));
        Assert.Equal("web 172.17.0.1", TestHost.FetchSoon(sibling, "10.99.0.1", 8080)); // hairpin
        Assert.Equal("web 172.17.0.1", TestHost.FetchSoon(web, "172.17.0.1", 8080)); // to itself through the host
        Assert.NotNull(TestHost.FetchSoon(stranger, "10.99.0.1", 8080)); // from another network, as the outside
        host.Driver.Unpublish(endpoint.Id);
        Assert.Null(TestHost.Fetch(host.Neighbour, "10.99.0.1", 8080));
        Assert.Null(TestHost.Fetch(host.Host, "127.0.0.1", 8080));
    }

    [Fact]
    public void A_port_on_loopback_is_not_reached_by_a_neighbour_that_names_127_0_0_1()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("net");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        host.Serve(web, "web", 80);
        _ = host.Driver.Publish(endpoint, "web", [new(PortProtocol.Tcp, 80, IPAddress.Loopback, 8080)]);
        Assert.NotNull(TestHost.FetchSoon(host.Host, "127.0.0.1", 8080));
        Assert.Null(TestHost.Fetch(host.Neighbour, "10.99.0.1", 8080));
        // The neighbour routes 127.0.0.1 over the wire: what an attacker on the same network does.
        host.Neighbour.Run(() => File.WriteAllText("/proc/sys/net/ipv4/conf/lan0/route_localnet", "1"));
        System.Diagnostics.ProcessStartInfo ip = new("ip", ["route", "add", "127.0.0.1/32", "via", "10.99.0.1", "table", "99"]);
        host.Neighbour.Run(() => System.Diagnostics.Process.Start(ip)!.WaitForExit());
        foreach (string[] rule in new string[][]
        {
            ["rule", "add", "pref", "1", "to", "127.0.0.1", "lookup", "99"], ["rule", "add", "pref", "2", "lookup", "local"], ["rule", "del", "pref", "0"],
        })
            host.Neighbour.Run(() => System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ip", rule))!.WaitForExit());
        Assert.Null(TestHost.Fetch(host.Neighbour, "127.0.0.1", 8080));
    }

    [Fact]
    public void IPv6_ports_lead_to_the_containers_own_IPv6_address()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("six", s => s with { EnableIpv6 = true });
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        host.Serve(web, "web6", 80, ipv6: true);
        _ = host.Driver.Publish(endpoint, "web", [new(PortProtocol.Tcp, 80, null, 8080)]);
        Assert.Equal("web6 fd99::2", TestHost.FetchSoon(host.Neighbour, "fd99::1", 8080));
        Assert.Equal("web6 fd99::1", TestHost.FetchSoon(host.Host, "fd99::1", 8080));
        Assert.StartsWith("web6 ", TestHost.FetchSoon(host.Host, "::1", 8080), StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_is_one_element_and_every_port_of_it_works()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("net");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        PortSpec[] wishes = [.. Enumerable.Range(9000, 100).Select(p => new PortSpec(PortProtocol.Tcp, (ushort)p, IPAddress.Any, (ushort)p))];
        _ = host.Driver.Publish(endpoint, "web", wishes);
        foreach (int port in new[] { 9000, 9050, 9099 })
        {
            host.Serve(web, $"port{port}", port);
            Assert.Equal($"port{port} 10.99.0.2", TestHost.FetchSoon(host.Neighbour, "10.99.0.1", port));
        }
        Assert.Null(TestHost.Fetch(host.Neighbour, "10.99.0.1", 9100));
        host.Driver.Unpublish(endpoint.Id);
        Assert.Null(TestHost.Fetch(host.Neighbour, "10.99.0.1", 9050));
    }

    [Fact]
    public void A_taken_port_is_refused_in_Dockers_words_and_nothing_stays_published()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("net");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        host.Serve(web, "web", 80);
        host.Serve(host.Host, "host", 8081);
        TareException refused = Assert.Throws<TareException>(
            () => host.Driver.Publish(endpoint, "web", [new(PortProtocol.Tcp, 80, null, 8080), new(PortProtocol.Tcp, 80, null, 8081)]));
        Assert.Equal($"driver failed programming external connectivity on endpoint web ({endpoint.Id}): "
            + "failed to bind host port 0.0.0.0:8081/tcp: address already in use", refused.Message);
        Assert.Equal(ErrorKind.Conflict, refused.Kind);
        Assert.Null(TestHost.Fetch(host.Host, "10.99.0.1", 8080));
        _ = host.Driver.Publish(endpoint, "web", [new(PortProtocol.Udp, 53, null, 5353), new(PortProtocol.Tcp, 80, null, 8080, 8090)]);
        (_, EndpointRecord second) = host.CreateContainer(network);
        Assert.Contains("0.0.0.0:5353/udp: address already in use", Assert.Throws<TareException>(
            () => host.Driver.Publish(second, "dns", [new(PortProtocol.Udp, 53, null, 5353)])).Message, StringComparison.Ordinal);
        // A range takes its first free port, past the ones that are held by the other container and by the host.
        Assert.Equal(8082, host.Driver.Publish(second, "web2", [new(PortProtocol.Tcp, 80, null, 8080, 8090)])[0].HostPort);
        IReadOnlyList<PublishedPort> any = host.Driver.Publish(host.CreateContainer(network).Endpoint, "web3", [new(PortProtocol.Tcp, 80)]);
        Assert.True(any[0].HostPort > 1023 && any[0].HostPort == any[1].HostPort);
    }

    [Fact]
    public void Udp_is_translated_both_ways()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("net");
        (NetworkNamespace dns, EndpointRecord endpoint) = host.CreateContainer(network);
        using Socket client = host.Neighbour.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        client.Connect("10.99.0.1", 5353);
        // Sent too early: the kernel remembers this flow as one to the host itself.
        _ = client.Send("early"u8);
        _ = host.Driver.Publish(endpoint, "dns", [new(PortProtocol.Udp, 53, null, 5353)]);
        using Socket server = dns.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        server.Bind(new IPEndPoint(IPAddress.Any, 53));
        client.ReceiveTimeout = server.ReceiveTimeout = 1000;
        byte[] buffer = new byte[16];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        // A connected client sees an error once for what it sent to the closed port.
        Assert.True(SpinWait.SpinUntil(() => Send(client) && server.Poll(50_000, SelectMode.SelectRead), 2000));
        Assert.Equal(3, server.ReceiveFrom(buffer, ref from));
        _ = server.SendTo("answer"u8, from);
        Assert.Equal(6, client.Receive(buffer));
    }

    private static bool Send(Socket client)
    {
        try
        {
            return client.Send("ask"u8) == 3;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [Fact]
    public void The_table_comes_back_after_a_foreign_flush()
    {
        List<string> log = [];
        using var host = new TestHost(o => o with { Log = log.Add });
        NetworkRecord network = host.CreateNetwork("net");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        host.Serve(web, "web", 80);
        _ = host.Driver.Publish(endpoint, "web", [new(PortProtocol.Tcp, 80, IPAddress.Any, 8080)]);
        using NftSocket foreign = host.Host.Run(NftSocket.Open);
        int rules = foreign.CountRules("tare");
        foreign.Commit(new NftBatch("tare").DeleteTable(), "flush");
        Assert.True(SpinWait.SpinUntil(() => foreign.Tables().Contains("tare") && foreign.CountRules("tare") == rules, 1000));
        Assert.Equal("web 10.99.0.2", TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080));
        Assert.True(SpinWait.SpinUntil(() => log.Count == 1, 1000));
        // Own changes are not mistaken for foreign ones.
        host.Driver.Unpublish(endpoint.Id);
        Thread.Sleep(250);
        Assert.Single(log);
    }

    [Fact]
    public void A_new_engine_restores_what_it_knows_and_removes_what_it_does_not()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("kept");
        NetworkRecord forgotten = host.CreateNetwork("forgotten");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        (_, EndpointRecord stray) = host.CreateContainer(network);
        host.Serve(web, "web", 80);
        IReadOnlyList<PublishedPort> ports = host.Driver.Publish(endpoint, "web", [new(PortProtocol.Tcp, 80, null, 8080)]);
        host.RestartDriver();
        // Rules outlive the engine.
        Assert.Equal("web 10.99.0.2", TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080));
        RecoveryReport report = host.Driver.Recover([network], [new(endpoint, ports)], [Path.GetFileName(web.Path!)]);
        Assert.Contains($"link {forgotten.BridgeName}", report.Removed);
        Assert.Contains($"link {stray.HostLink}", report.Removed);
        Assert.Empty(report.Lost);
        Assert.Single(Directory.GetFiles(host.Options.NamespaceDirectory));
        Assert.Equal("web 10.99.0.2", TestHost.FetchSoon(host.Neighbour, "10.99.0.1", 8080));
        Assert.Equal("web 172.17.0.1", TestHost.FetchSoon(host.Host, "::1", 8080));
        Assert.NotEqual(endpoint.Ip, host.Driver.PlanEndpoint(network, new EndpointOptions { Id = TestHost.NewId() }).Ip);
        using NetworkNamespace again = host.Driver.OpenNamespace(Path.GetFileName(web.Path!));
        Assert.NotNull(again.Route.FindLink("eth0"));
    }
}
