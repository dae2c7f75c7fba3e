using System.Net;
using System.Numerics;
using Tare.Errors;

namespace Tare.Networking.Addresses;

/// <summary>
/// The addresses of one subnet: hands them out in ascending order and goes round, so that one just released is not handed out at once. Thread-safe.
/// </summary>
public sealed class AddressPool
{
    private readonly Lock _lock = new();
    private readonly HashSet<IPAddress> _taken = [];
    private readonly IPNetwork _range;
    private BigInteger _next;

    /// <summary>A pool over a subnet; free addresses come from <paramref name="range"/> when it is given.</summary>
    public AddressPool(IPNetwork subnet, IPNetwork? range = null)
    {
        Subnet = subnet;
        _range = range ?? subnet;
        if (_range.BaseAddress.AddressFamily != subnet.BaseAddress.AddressFamily || !subnet.Contains(_range.BaseAddress)
            || _range.PrefixLength < subnet.PrefixLength)
            throw TareException.Invalid($"no matching subnet for range {_range}");
    }

    /// <summary>The subnet.</summary>
    public IPNetwork Subnet { get; }

    /// <summary>How many addresses are in use, the gateway and auxiliary ones included.</summary>
    public int InUse
    {
        get
        {
            lock (_lock)
                return _taken.Count;
        }
    }

    /// <summary>The next free address; <paramref name="network"/> names the network in the error.</summary>
    public IPAddress Allocate(string network)
    {
        lock (_lock)
        {
            BigInteger size = _range.Size();
            for (BigInteger tried = 0; tried < size; tried++)
            {
                IPAddress candidate = _range.At(_next);
                _next = (_next + 1) % size;
                if (IsUsable(candidate) && _taken.Add(candidate))
                    return candidate;
            }
            string family = Subnet.IsV6() ? "IPv6" : "IPv4";
            throw new TareException(ErrorKind.Conflict, $"no available {family} addresses on this network's address pools: {network}");
        }
    }

    /// <summary>Takes one address; Docker's words when it is taken or outside.</summary>
    public void Reserve(IPAddress address)
    {
        if (!TryReserve(address))
            throw TareException.Conflict("Address already in use");
    }

    /// <summary>Takes one address unless it is taken.</summary>
    public bool TryReserve(IPAddress address)
    {
        if (!Subnet.Contains(address))
            throw TareException.Invalid($"invalid address {address}: It does not belong to any of this network's subnets");
        lock (_lock)
            return _taken.Add(address);
    }

    /// <summary>Gives an address back; one that was not taken is no error.</summary>
    public void Release(IPAddress address)
    {
        lock (_lock)
            _ = _taken.Remove(address);
    }

    private bool IsUsable(IPAddress address)
    {
        // Neither the network address nor, in IPv4, the broadcast address; /31 and /32 have only hosts (RFC 3021).
        if (!Subnet.IsV6() && Subnet.PrefixLength >= 31)
            return true;
        return !address.Equals(Subnet.BaseAddress) && (Subnet.IsV6() || !address.Equals(Subnet.Last()));
    }
}
