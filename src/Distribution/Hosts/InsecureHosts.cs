using System.Net;
using Tare.Errors;

namespace Tare.Distribution.Hosts;

/// <summary>Which registries may be reached without a valid certificate or without TLS: the configured ones and, as with Docker, this machine's own. Immutable.</summary>
public sealed class InsecureHosts
{
    private readonly List<IPNetwork> _networks = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase) { "localhost" };

    public InsecureHosts(IEnumerable<string> configured)
    {
        foreach (string text in configured)
        {
            string name = text.Trim().TrimEnd('/');
            if (name.Contains("://", StringComparison.Ordinal))
                throw TareException.Invalid($"insecure registry \"{text}\": give host:port or a network, without a scheme");
            if (name.Contains('/', StringComparison.Ordinal))
                _networks.Add(IPNetwork.TryParse(name, out IPNetwork network) ? network : throw TareException.Invalid($"insecure registry \"{text}\" is neither host:port nor a network"));
            else if (name.Length > 0)
                _ = _names.Add(name);
        }
    }

    /// <summary>The networks in CIDR notation, for the information about the system.</summary>
    public IEnumerable<string> Networks => _networks.Select(n => n.ToString());

    /// <summary>The names but localhost.</summary>
    public IEnumerable<string> Names => _names.Where(n => n != "localhost");

    /// <summary>True for "host:port" by its name, its name without the port, or its address when it is one.</summary>
    public bool Contains(string authority)
    {
        int colon = authority.EndsWith(']') ? -1 : authority.LastIndexOf(':');
        string host = colon < 0 ? authority : authority[..colon];
        return _names.Contains(authority) || _names.Contains(host)
            || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && _networks.Any(n => n.Contains(address)));
    }
}
