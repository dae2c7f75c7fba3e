using System.Net;
using System.Net.Sockets;
using System.Numerics;
using Tare.Errors;

namespace Tare.Networking.Addresses;

/// <summary>Arithmetic on IP addresses and networks of either family.</summary>
public static class NetworkAddress
{
    /// <summary>The address as an unsigned number.</summary>
    public static BigInteger ToNumber(this IPAddress address) => new(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);

    /// <summary>The number as an address of a family.</summary>
    public static IPAddress ToAddress(this BigInteger number, AddressFamily family)
    {
        byte[] bytes = new byte[family == AddressFamily.InterNetworkV6 ? 16 : 4];
        byte[] significant = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        significant.CopyTo(bytes, bytes.Length - significant.Length);
        return new IPAddress(bytes);
    }

    /// <summary>How many addresses a network has.</summary>
    public static BigInteger Size(this IPNetwork network) => BigInteger.One << (Bits(network) - network.PrefixLength);

    /// <summary>The highest address: the broadcast address in IPv4.</summary>
    public static IPAddress Last(this IPNetwork network) =>
        (network.BaseAddress.ToNumber() + network.Size() - 1).ToAddress(network.BaseAddress.AddressFamily);

    /// <summary>The address that many steps above the base.</summary>
    public static IPAddress At(this IPNetwork network, BigInteger offset) =>
        (network.BaseAddress.ToNumber() + offset).ToAddress(network.BaseAddress.AddressFamily);

    /// <summary>True when the two networks share an address.</summary>
    public static bool Overlaps(this IPNetwork one, IPNetwork other) => one.BaseAddress.AddressFamily == other.BaseAddress.AddressFamily
        && (one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress));

    /// <summary>True for IPv6.</summary>
    public static bool IsV6(this IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>True for IPv6.</summary>
    public static bool IsV6(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Parses "172.20.0.0/16" or an address inside it, "172.20.0.1/16", whose host part is returned separately.</summary>
    public static IPNetwork ParseCidr(string text, out IPAddress address)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        address = IPAddress.None;
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out IPAddress? parsed)
            || !int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out int prefix)
            || prefix > parsed.GetAddressBytes().Length * 8)
            throw TareException.Invalid($"invalid CIDR address: {text}");
        address = parsed;
        return Enclosing(parsed, prefix);
    }

    /// <summary>The network of that prefix length around an address.</summary>
    public static IPNetwork Enclosing(IPAddress address, int prefixLength)
    {
        int bits = address.GetAddressBytes().Length * 8;
        BigInteger number = address.ToNumber() >> (bits - prefixLength) << (bits - prefixLength);
        return new IPNetwork(number.ToAddress(address.AddressFamily), prefixLength);
    }

    private static int Bits(IPNetwork network) => network.IsV6() ? 128 : 32;
}
