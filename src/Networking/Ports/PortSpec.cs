using System.Net;

namespace Tare.Networking.Ports;

/// <summary>Transport protocols that can be published, by their IP protocol numbers.</summary>
public enum PortProtocol
{
    Tcp = 6,
    Udp = 17,
    Sctp = 132,
}

/// <summary>
/// A wish to publish one container port. No address: all of IPv4 and IPv6. Host port 0: any free one; with <see cref="HostPortEnd"/>, the first free
/// one of the range.
/// </summary>
public sealed record PortSpec(PortProtocol Protocol, ushort ContainerPort, IPAddress? HostAddress = null, ushort HostPort = 0, ushort HostPortEnd = 0);

/// <summary>A port as published; the engine shows and persists it.</summary>
public sealed record PublishedPort(PortProtocol Protocol, ushort ContainerPort, IPAddress HostAddress, ushort HostPort);
