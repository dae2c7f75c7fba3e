using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tare.Networking.Bridges;
using Tare.Networking.Names;
using Tare.Networking.Namespaces;

namespace Tare.Tests.Kernel.Networking;

public sealed class DnsServerTests
{
    [Fact]
    public void Containers_find_each_other_by_name_and_everything_else_through_the_hosts_resolver()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("front");
        (NetworkNamespace web, EndpointRecord endpoint) = host.CreateContainer(network);
        (NetworkNamespace client, _) = host.CreateContainer(network);
        host.Serve(web, "web", 80);
        host.Driver.Names.Register(network.Id, endpoint.Id, ["web", "www", endpoint.Id[..12]], [endpoint.Ip, endpoint.Ip6]);
        // A resolver that only the host's own loopback reaches, as systemd's.
        using Socket upstream = Upstream(host.Host, IPAddress.Parse("10.1.2.3"));
        INameTable view = host.Driver.Names.View(() => [new VisibleNetwork(network.Id, network.Name)]);
        DnsServer server = host.Driver.ServeNames(client, view, new DnsServerOptions(() => [IPAddress.Loopback]));
        foreach (string name in new[] { "web", "WWW", "web.front", endpoint.Id[..12] })
            Assert.Equal([endpoint.Ip], Ask(client, name, DnsType.A));
        Assert.Equal("web", TestHost.FetchSoon(client, Ask(client, "web", DnsType.A)[0], 80)?.Split(' ')[0]);
        Assert.Equal([endpoint.Ip], Ask(client, "web", DnsType.A, tcp: true));
        Assert.Empty(Ask(client, "web", DnsType.Aaaa));
        Assert.Equal(["web.front"], Ask(client, "2.0.17.172.in-addr.arpa", DnsType.Ptr));
        Assert.Equal(["10.1.2.3"], Ask(client, "example.org", DnsType.A));
        host.Driver.Names.Unregister(network.Id, endpoint.Id);
        Assert.Equal(["10.1.2.3"], Ask(client, "web", DnsType.A));
        // Closed and served again, as after a restart of the engine.
        server.Dispose();
        using DnsServer again = host.Driver.ServeNames(client, view, new DnsServerOptions(() => []));
        Assert.Equal(["code 2"], Ask(client, "example.org", DnsType.A));
    }

    [Fact]
    public void Malformed_packets_neither_stop_the_server_nor_get_more_than_a_refusal()
    {
        using var host = new TestHost();
        NetworkRecord network = host.CreateNetwork("front");
        (NetworkNamespace client, EndpointRecord endpoint) = host.CreateContainer(network);
        host.Driver.Names.Register(network.Id, endpoint.Id, ["web"], [endpoint.Ip]);
        using DnsServer server = host.Driver.ServeNames(client, host.Driver.Names.View(() => [new VisibleNetwork(network.Id, network.Name)]), new DnsServerOptions(() => []));
        using Socket socket = client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Connect("127.0.0.11", 53);
        var random = new Random(7);
        for (int i = 0; i < 500; i++)
        {
            byte[] packet = new byte[random.Next(0, 1400)];
            random.NextBytes(packet);
            _ = socket.Send(packet);
            // As fast as the server reads: what does not fit into its queue would be dropped, the good question too.
            if (i % 50 == 49)
                Assert.Equal([endpoint.Ip], Ask(client, "web", DnsType.A));
        }
        Assert.Equal([endpoint.Ip], Ask(client, "web", DnsType.A));
    }

    private static Socket Upstream(NetworkNamespace netns, IPAddress answer)
    {
        Socket socket = netns.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 53));
        _ = Task.Run(async () =>
        {
            byte[] buffer = new byte[1500];
            while (true)
            {
                SocketReceiveFromResult received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                byte[] query = buffer[..received.ReceivedBytes];
                Assert.True(DnsQuestion.TryParse(query, out DnsQuestion? question, out _));
                _ = await socket.SendToAsync(DnsAnswer.Addresses(query, question, [answer], 512), received.RemoteEndPoint);
            }
        });
        return socket;
    }

    /// <summary>Queries 127.0.0.11 from inside a namespace and renders the answers, or the failure's code.</summary>
    private static List<string> Ask(NetworkNamespace netns, string name, DnsType type, bool tcp = false)
    {
        byte[] query = Query(name, type);
        using Socket socket = netns.Run(() => tcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.ReceiveTimeout = 2000;
        socket.Connect("127.0.0.11", 53);
        byte[] buffer = new byte[2048];
        _ = socket.Send(tcp ? [(byte)(query.Length >> 8), (byte)query.Length, .. query] : query);
        int length = socket.Receive(buffer);
        byte[] answer = tcp ? buffer[2..length] : buffer[..length];
        Assert.Equal(query[..2], answer[..2]);
        if ((answer[3] & 15) != 0)
            return [$"code {answer[3] & 15}"];
        var results = new List<string>();
        int at = query.Length;
        for (int i = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)); i > 0; i--)
        {
            Assert.Equal(600, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(at + 6)));
            int size = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(at + 10));
            byte[] data = answer[(at + 12)..(at + 12 + size)];
            results.Add(type == DnsType.Ptr ? Name(data) : new IPAddress(data).ToString());
            at += 12 + size;
        }
        return results;
    }

    private static byte[] Query(string name, DnsType type)
    {
        var query = new List<byte> { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (string label in name.Split('.'))
        {
            query.Add((byte)label.Length);
            query.AddRange(Encoding.ASCII.GetBytes(label));
        }
        query.AddRange([0, 0, (byte)type, 0, 1]);
        return [.. query];
    }

    private static string Name(byte[] data)
    {
        var labels = new List<string>();
        for (int at = 0; data[at] != 0; at += data[at] + 1)
            labels.Add(Encoding.ASCII.GetString(data, at + 1, data[at]));
        return string.Join('.', labels);
    }
}
