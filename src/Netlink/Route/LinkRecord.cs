using System.Net;

namespace Tare.Netlink.Route;

/// <summary>A network interface as the kernel lists it.</summary>
public sealed record LinkRecord(int Index, string Name, string? Kind, int Master, int Mtu, bool Up, string? Alias, byte[] Address);

/// <summary>A route of the main table; <see cref="Gateway"/> is null for a directly connected network.</summary>
public sealed record RouteRecord(IPNetwork Destination, IPAddress? Gateway, int LinkIndex);

/// <summary>An address of an interface.</summary>
public sealed record AddressRecord(int LinkIndex, IPAddress Address, int PrefixLength);
