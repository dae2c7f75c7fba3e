using System.Net;
using System.Net.Sockets;
using System.Text;
using Tare.Netlink;
using Tare.Netlink.Route;
using Tare.Networking;
using Tare.Networking.Addresses;
using Tare.Networking.Bridges;
using Tare.Networking.Namespaces;

namespace Tare.Tests.Kernel.Networking;

/// <summary>
/// A throw-away machine: a network namespace that acts as the host, with a wire to a second one that acts as another host of its network, and a
/// driver that manages the first.
/// </summary>
internal sealed class TestHost : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(800);
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-net-").FullName;
    private readonly List<IDisposable> _owned = [];

    public TestHost(Func<NetworkDriverOptions, NetworkDriverOptions>? configure = null)
    {
        Host = NetworkNamespace.Create();
        Neighbour = NetworkNamespace.Create();
        foreach (NetworkNamespace netns in new[] { Host, Neighbour })
            netns.Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0"));
        Host.Route.Send(new MessageBuilder().AddVeth("wan0", 0, 1500, "lan0", [2, 0, 0, 0, 0, 9], Neighbour.Descriptor), "wire");
        Wire(Host, "wan0", "10.99.0.1", "fd99::1");
        Wire(Neighbour, "lan0", "10.99.0.2", "fd99::2");
        // Asking makes the kernel notice that both ends are up.
        _ = Host.Route.FindLink("wan0");
        _ = Neighbour.Route.FindLink("lan0");
        Options = new NetworkDriverOptions
        {
            NamespaceDirectory = Path.Combine(_directory, "netns"),
            Host = new HostNamespace(Host.Descriptor),
            DefaultBridge = "tare0",
        };
        Options = configure?.Invoke(Options) ?? Options;
        Driver = new NetworkDriver(Options);
    }

    public NetworkDriverOptions Options { get; }
    public NetworkNamespace Host { get; }
    public NetworkNamespace Neighbour { get; }
    public NetworkDriver Driver { get; private set; }

    public static string NewId() => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    /// <summary>Ends the engine's process, as far as the network knows, and starts another.</summary>
    public void RestartDriver()
    {
        Driver.Dispose();
        Driver = new NetworkDriver(Options);
    }

    public NetworkRecord CreateNetwork(string name, Func<NetworkSpec, NetworkSpec>? configure = null)
    {
        var spec = new NetworkSpec { Id = NewId(), Name = name };
        NetworkRecord network = Driver.PlanNetwork(configure?.Invoke(spec) ?? spec);
        Driver.CreateNetwork(network);
        return network;
    }

    public (NetworkNamespace Netns, EndpointRecord Endpoint) CreateContainer(NetworkRecord network, EndpointOptions? options = null)
    {
        string id = NewId();
        NetworkNamespace netns = Driver.CreateNamespace(id);
        _owned.Add(netns);
        EndpointRecord endpoint = Driver.PlanEndpoint(network, options ?? new EndpointOptions { Id = id });
        Driver.Attach(network, endpoint, netns);
        return (netns, endpoint);
    }

    /// <summary>A TCP server that answers each connection with its name and the address it sees, then closes.</summary>
    public void Serve(NetworkNamespace netns, string name, int port, bool ipv6 = false)
    {
        Socket listener = netns.Run(() =>
        {
            var socket = new Socket(ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            if (ipv6)
                socket.DualMode = false;
            socket.Bind(new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen();
            return socket;
        });
        _owned.Add(listener);
        // Blocking, on a thread of its own: the answer's time must not depend on the thread pool.
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    using Socket client = listener.Accept();
                    _ = client.Send(Encoding.ASCII.GetBytes($"{name} {((IPEndPoint)client.RemoteEndPoint!).Address}"));
                    client.Shutdown(SocketShutdown.Both);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        })
        { IsBackground = true }.Start();
    }

    /// <summary>As <see cref="Fetch"/>, for an answer that must come: a busy machine may lose a first packet, whose repetition takes a second.</summary>
    public static string? FetchSoon(NetworkNamespace netns, string address, int port)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        string? answer;
        while ((answer = Fetch(netns, address, port)) is null && clock.Elapsed < TimeSpan.FromSeconds(6))
            Thread.Sleep(20);
        return answer;
    }

    /// <summary>What a server answers, or null when it cannot be reached in time: less than it takes to repeat a lost first packet.</summary>
    public static string? Fetch(NetworkNamespace netns, string address, int port)
    {
        IPAddress to = IPAddress.Parse(address);
        using Socket socket = netns.Run(() => new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        socket.Blocking = false;
        try
        {
            try
            {
                socket.Connect(new IPEndPoint(to, port));
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!socket.Poll(Timeout, SelectMode.SelectWrite))
                    return null;
            }
            byte[] buffer = new byte[256];
            int read = socket.Poll(Timeout, SelectMode.SelectRead) ? socket.Receive(buffer) : 0;
            return read == 0 ? null : Encoding.ASCII.GetString(buffer, 0, read);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        Driver.RemoveEverything();
        Driver.Dispose();
        foreach (IDisposable owned in _owned)
            owned.Dispose();
        Host.Dispose();
        Neighbour.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void Wire(NetworkNamespace netns, string name, string address, string address6)
    {
        // A machine's own links were up long before its containers: no wait for duplicate address detection here.
        netns.Run(() => File.WriteAllText($"/proc/sys/net/ipv6/conf/{name}/accept_dad", "0"));
        int index = netns.Route.FindLink(name)!.Index;
        netns.Route.Send(new MessageBuilder().SetUp(index).AddAddress(index, IPAddress.Parse(address), 24)
            .AddAddress(index, IPAddress.Parse(address6), 64), name);
    }
}
