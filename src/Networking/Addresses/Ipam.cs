using System.Net;
using System.Text;
using Tare.Errors;

namespace Tare.Networking.Addresses;

/// <summary>
/// Which subnets this engine's networks use and which addresses in them are taken. Holds no file: the engine persists the records and reserves them
/// again after a restart. Thread-safe.
/// </summary>
public sealed class Ipam
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPNetwork, AddressPool> _pools = [];
    private readonly Func<IEnumerable<IPNetwork>> _occupied;
    private readonly string _seed;
    private readonly IReadOnlyList<IPNetwork> _defaults;

    /// <summary>
    /// <paramref name="occupied"/> lists the networks that the host itself uses now; <paramref name="seed"/> makes the IPv6 unique local prefix this
    /// host's own; <paramref name="defaults"/> replaces Docker's pools.
    /// </summary>
    public Ipam(Func<IEnumerable<IPNetwork>> occupied, string seed, IReadOnlyList<IPNetwork>? defaults = null)
    {
        _occupied = occupied;
        _seed = seed;
        _defaults = defaults ?? DefaultPools();
    }

    /// <summary>Docker's: 172.17 to 172.31 as /16, then 192.168 in /20.</summary>
    public static IReadOnlyList<IPNetwork> DefaultPools()
    {
        var pools = new List<IPNetwork>();
        for (byte second = 17; second <= 31; second++)
            pools.Add(new IPNetwork(new IPAddress([172, second, 0, 0]), 16));
        for (int third = 0; third < 256; third += 16)
            pools.Add(new IPNetwork(new IPAddress([192, 168, (byte)third, 0]), 20));
        return pools;
    }

    /// <summary>Takes the first default IPv4 subnet that neither another network nor the host uses.</summary>
    public AddressPool AllocateSubnet()
    {
        lock (_lock)
        {
            List<IPNetwork> occupied = [.. _occupied(), .. _pools.Keys];
            foreach (IPNetwork candidate in _defaults)
            {
                if (!occupied.Exists(o => o.Overlaps(candidate)))
                    return Add(candidate, null);
            }
        }
        throw new TareException(ErrorKind.Conflict,
            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network; remove unused networks or name a subnet");
    }

    /// <summary>Takes a unique local IPv6 /64 (RFC 4193) of this host.</summary>
    public AddressPool AllocateSubnet6()
    {
        byte[] address = new byte[16];
        address[0] = 0xfd;
        GlobalId(_seed).CopyTo(address, 1);
        lock (_lock)
        {
            List<IPNetwork> occupied = [.. _occupied(), .. _pools.Keys];
            for (int subnet = 0; subnet < 65536; subnet++)
            {
                (address[6], address[7]) = ((byte)(subnet >> 8), (byte)subnet);
                var candidate = new IPNetwork(new IPAddress(address), 64);
                if (!occupied.Exists(o => o.Overlaps(candidate)))
                    return Add(candidate, null);
            }
        }
        throw new TareException(ErrorKind.Conflict, "could not find an available, non-overlapping IPv6 address pool; name a subnet");
    }

    /// <summary>
    /// Takes a subnet that the user named. Overlap with another network is refused; overlap with the host's routes too when
    /// <paramref name="checkHost"/> (not when a network of before a restart is reserved again).
    /// </summary>
    public AddressPool ReserveSubnet(IPNetwork subnet, IPNetwork? range = null, bool checkHost = true)
    {
        lock (_lock)
        {
            if (_pools.Keys.Any(k => k.Overlaps(subnet)))
                throw new TareException(ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space");
            if (checkHost && _occupied().Any(o => o.Overlaps(subnet)))
                throw new TareException(ErrorKind.Forbidden, $"cannot create network: subnet {subnet} overlaps with a network of this host; name another subnet");
            return Add(subnet, range);
        }
    }

    /// <summary>The pool of a subnet that was taken before.</summary>
    public AddressPool Find(IPNetwork subnet)
    {
        lock (_lock)
            return _pools.TryGetValue(subnet, out AddressPool? pool) ? pool : throw TareException.NotFound($"no address pool for {subnet}");
    }

    /// <summary>Gives a subnet back; one that was not taken is no error.</summary>
    public void ReleaseSubnet(IPNetwork subnet)
    {
        lock (_lock)
            _ = _pools.Remove(subnet);
    }

    /// <summary>Forty bits that stay the same for a seed (FNV-1a, folded; a cryptographic hash would load OpenSSL at the first start).</summary>
    private static byte[] GlobalId(string seed)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(seed))
            hash = (hash ^ b) * 1099511628211;
        return BitConverter.GetBytes(hash ^ (hash >> 40))[..5];
    }

    private AddressPool Add(IPNetwork subnet, IPNetwork? range) => _pools[subnet] = new AddressPool(subnet, range);
}
