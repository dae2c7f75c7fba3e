using System.Net;
using System.Net.Sockets;
using Tare.Errors;
using Tare.Networking.Addresses;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Ports;

/// <summary>
/// One port of the host, held by a bound socket of this process so that nobody else takes it and a taken one is noticed. TCP sockets listen too: what
/// the firewall does not translate (::1, IPv6 to an IPv4 container) is carried by <see cref="PortForwarder"/>.
/// </summary>
internal sealed class PortBinding : IDisposable
{
    private const int SolSocket = 1;
    private const int ReuseAddress = 2;
    private const int EphemeralTries = 64;

    private PortBinding(PublishedPort port, Socket? socket)
    {
        Port = port;
        Socket = socket;
    }

    /// <summary>What is held.</summary>
    public PublishedPort Port { get; }

    /// <summary>The bound socket; null for SCTP, which is not held.</summary>
    public Socket? Socket { get; }

    /// <summary>Binds one wish: one binding per address family when it names no address. All or nothing.</summary>
    public static List<PortBinding> Bind(PortSpec spec, HostNamespace host) => host.Run(() =>
    {
        IPAddress[] addresses = spec.HostAddress is { } address ? [address] : [IPAddress.Any, IPAddress.IPv6Any];
        int last = spec.HostPortEnd == 0 ? spec.HostPort : spec.HostPortEnd;
        if (last < spec.HostPort)
            throw TareException.Invalid($"invalid port range {spec.HostPort}-{last}");
        for (int port = spec.HostPort, tries = 0; ; tries++)
        {
            List<PortBinding>? bound = TryBindAll(spec, addresses, (ushort)port, out SocketError error, out IPAddress? refused);
            if (bound is not null)
                return bound;
            bool again = port == 0 ? error == SocketError.AddressAlreadyInUse && tries < EphemeralTries : port++ < last;
            if (!again)
                throw Refusal(refused!, spec.HostPort, spec, error);
        }
    });

    /// <inheritdoc/>
    public void Dispose() => Socket?.Dispose();

    private static List<PortBinding>? TryBindAll(PortSpec spec, IPAddress[] addresses, ushort port, out SocketError error, out IPAddress? refused)
    {
        var bound = new List<PortBinding>();
        foreach (IPAddress address in addresses)
        {
            if (address.IsV6() && addresses.Length > 1 && !Socket.OSSupportsIPv6)
                continue;
            Socket? socket = null;
            error = spec.Protocol == PortProtocol.Sctp ? SocketError.Success : TryBind(spec.Protocol, address, ref port, out socket);
            if (error == SocketError.Success)
            {
                bound.Add(new PortBinding(new PublishedPort(spec.Protocol, spec.ContainerPort, address, port), socket));
                continue;
            }
            // A host without IPv6 publishes on IPv4 alone.
            if (address.IsV6() && addresses.Length > 1 && error is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
                continue;
            refused = address;
            foreach (PortBinding binding in bound)
                binding.Dispose();
            return null;
        }
        error = SocketError.Success;
        refused = null;
        return bound;
    }

    private static SocketError TryBind(PortProtocol protocol, IPAddress address, ref ushort port, out Socket? bound)
    {
        bound = null;
        Socket? socket = null;
        try
        {
            bool tcp = protocol == PortProtocol.Tcp;
            socket = new Socket(address.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
            if (address.IsV6())
                socket.DualMode = false;
            if (tcp)
            {
                // Old connections that linger do not block the port; another listener still does. (The named option would set SO_REUSEPORT too.)
                socket.SetRawSocketOption(SolSocket, ReuseAddress, [1, 0, 0, 0]);
            }
            else
            {
                // Nobody reads it: packets go to the container before they get here.
                socket.ReceiveBufferSize = 0;
            }
            socket.Bind(new IPEndPoint(address, port));
            if (tcp)
                socket.Listen(128);
            port = (ushort)((IPEndPoint)socket.LocalEndPoint!).Port;
            bound = socket;
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            return error.SocketErrorCode;
        }
    }

    private static TareException Refusal(IPAddress address, int port, PortSpec spec, SocketError error)
    {
        string where = $"{(address.IsV6() ? $"[{address}]" : address.ToString())}:{port}/{Name(spec.Protocol)}";
        string why = error switch
        {
            SocketError.AddressAlreadyInUse => "address already in use",
            SocketError.AddressNotAvailable => "cannot assign requested address",
            SocketError.AccessDenied => "permission denied",
            SocketError.AddressFamilyNotSupported => "address family not supported",
            _ => $"socket error {error}",
        };
        return TareException.Conflict($"failed to bind host port {where}: {why}");
    }

    private static string Name(PortProtocol protocol) => protocol switch
    {
        PortProtocol.Tcp => "tcp",
        PortProtocol.Udp => "udp",
        _ => "sctp",
    };
}
