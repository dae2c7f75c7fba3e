using System.Net;
using Tare.Errors;
using Tare.Netlink;
using Tare.Netlink.Conntrack;
using Tare.Networking.Addresses;
using Tare.Networking.Bridges;
using Tare.Networking.Firewall;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Ports;

/// <summary>Publishes and withdraws the ports of endpoints: sockets hold them, map elements lead them. Thread-safe.</summary>
internal sealed class PortPublisher(FirewallTable firewall, HostNamespace host) : IDisposable
{
    private const int MaxForgotten = 1024;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<PortBinding>> _bindings = [];
    private readonly ConntrackSocket _conntrack = host.Run(ConntrackSocket.Open);

    /// <summary>Publishes all wishes or none; the error reads like Docker's.</summary>
    public List<PublishedPort> Publish(EndpointRecord endpoint, string containerName, IReadOnlyList<PortSpec> wishes)
    {
        List<PortBinding> bindings = [];
        try
        {
            foreach (PortSpec wish in wishes)
                bindings.AddRange(PortBinding.Bind(wish, host));
            firewall.AddPorts(endpoint.Id, RulesOf(endpoint, bindings));
        }
        catch (Exception error)
        {
            foreach (PortBinding binding in bindings)
                binding.Dispose();
            ErrorKind kind = error is TareException { Kind: var known } ? known : ErrorKind.Internal;
            throw new TareException(kind,
                $"driver failed programming external connectivity on endpoint {containerName} ({endpoint.Id}): {error.Message}", error);
        }
        Keep(endpoint, bindings);
        ForgetOldFlows(bindings);
        return [.. bindings.Select(b => b.Port)];
    }

    /// <summary>Takes ports of before a restart again without telling the kernel yet; returns those that somebody else holds now.</summary>
    public List<PublishedPort> Restore(EndpointRecord endpoint, IReadOnlyList<PublishedPort> ports)
    {
        List<PortBinding> bindings = [];
        List<PublishedPort> lost = [];
        foreach (PublishedPort port in ports)
        {
            try
            {
                bindings.AddRange(PortBinding.Bind(new PortSpec(port.Protocol, port.ContainerPort, port.HostAddress, port.HostPort), host));
            }
            catch (TareException)
            {
                lost.Add(port);
            }
        }
        firewall.Expect(endpoint.Id, RulesOf(endpoint, bindings));
        Keep(endpoint, bindings);
        return lost;
    }

    /// <summary>Withdraws an endpoint's ports; one without any is no error.</summary>
    public void Withdraw(string endpoint)
    {
        List<PortBinding>? bindings;
        lock (_lock)
        {
            if (!_bindings.Remove(endpoint, out bindings))
                return;
        }
        try
        {
            firewall.RemovePorts(endpoint);
        }
        finally
        {
            foreach (PortBinding binding in bindings)
                binding.Dispose();
        }
    }

    /// <summary>Closes the sockets; the rules stay for the containers that go on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (PortBinding binding in _bindings.Values.SelectMany(b => b))
                binding.Dispose();
            _bindings.Clear();
        }
        _conntrack.Dispose();
    }

    /// <summary>
    /// A UDP client that went on sending while the port led elsewhere keeps its old translation as long as it sends: the kernel is told to forget, in the
    /// background, because it looks through all connections for that.
    /// </summary>
    private void ForgetOldFlows(List<PortBinding> bindings)
    {
        PublishedPort[] udp = [.. bindings.Select(b => b.Port).Where(p => p.Protocol == PortProtocol.Udp).Take(MaxForgotten)];
        if (udp.Length > 0)
            _ = ThreadPool.UnsafeQueueUserWorkItem(_ => Forget(udp), null);
    }

    private void Forget(PublishedPort[] ports)
    {
        try
        {
            foreach (PublishedPort port in ports)
                _ = _conntrack.TryForget(port.HostAddress.IsV6(), (byte)port.Protocol, port.HostPort);
        }
        catch (Exception error) when (error is NetlinkException or ObjectDisposedException)
        {
            // Old flows end by themselves, only later.
        }
    }

    private void Keep(EndpointRecord endpoint, List<PortBinding> bindings)
    {
        lock (_lock)
            _bindings[endpoint.Id] = bindings;
        foreach (PortBinding binding in bindings)
        {
            if (binding.Port.Protocol == PortProtocol.Tcp)
                _ = new PortForwarder(binding.Socket!, TargetsOf(endpoint, binding.Port), host).RunAsync();
        }
    }

    private static List<PortRule> RulesOf(EndpointRecord endpoint, List<PortBinding> bindings) => FirewallRules.Coalesce(
        bindings.Select(b => b.Port).Where(p => p.HostAddress.IsV6() == TargetOf(endpoint, p).Address.IsV6())
            .Select(p => new PortRule(p.Protocol, p.HostAddress, p.HostPort, 1, TargetOf(endpoint, p).Address, p.ContainerPort)));

    private static IPEndPoint[] TargetsOf(EndpointRecord endpoint, PublishedPort port) =>
        [.. new[] { TargetOf(endpoint, port), new IPEndPoint(IPAddress.Parse(endpoint.Ip), port.ContainerPort) }.Distinct()];

    private static IPEndPoint TargetOf(EndpointRecord endpoint, PublishedPort port) =>
        new(IPAddress.Parse(port.HostAddress.IsV6() && endpoint.Ip6 is { } six ? six : endpoint.Ip), port.ContainerPort);
}
