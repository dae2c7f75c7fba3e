using System.Net;
using System.Text;
using Tare.Errors;

namespace Tare.Networking.Files;

/// <summary>Content of a container's /etc/hosts. Pure.</summary>
public static class HostsFile
{
    private const string HostGateway = "host-gateway";

    private const string Fixed = """
        127.0.0.1	localhost
        ::1	localhost ip6-localhost ip6-loopback
        fe00::	ip6-localnet
        ff00::	ip6-mcastprefix
        ff02::1	ip6-allnodes
        ff02::2	ip6-allrouters

        """;

    /// <summary>
    /// Local names, then <paramref name="extra"/> ("name:address" or "name=address", where the address may be host-gateway), then lines of linked
    /// containers, then the container's own name for each of its addresses.
    /// </summary>
    public static string Build(string hostname, string? domain, IEnumerable<string> addresses, IEnumerable<string> extra, string? hostGateway,
        IEnumerable<(string Address, string Names)>? links = null)
    {
        var text = new StringBuilder(Fixed);
        foreach (string entry in extra)
        {
            (string name, string address) = ParseExtra(entry, hostGateway);
            _ = text.Append(address).Append('\t').Append(name).Append('\n');
        }
        foreach ((string address, string names) in links ?? [])
            _ = text.Append(address).Append('\t').Append(names).Append('\n');
        foreach (string address in addresses)
        {
            _ = text.Append(address).Append('\t');
            if (!string.IsNullOrEmpty(domain))
                _ = text.Append(hostname).Append('.').Append(domain).Append(' ');
            _ = text.Append(hostname).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Another address in the lines whose first name is <paramref name="name"/>: of those given, the first of the same family.</summary>
    public static string Replace(string text, string name, IEnumerable<string> addresses) => Change(text, name, line =>
    {
        bool six = line.Contains(':', StringComparison.Ordinal);
        string? wanted = addresses.FirstOrDefault(address => address.Length > 0 && address.Contains(':', StringComparison.Ordinal) == six);
        return wanted is null ? line : wanted + line[line.IndexOf('\t', StringComparison.Ordinal)..];
    });

    /// <summary>Without the lines whose first name is <paramref name="name"/>.</summary>
    public static string Remove(string text, string name) => Change(text, name, _ => null);

    private static string Change(string text, string name, Func<string, string?> change)
    {
        IEnumerable<string?> lines = text.Split('\n').Select(line =>
            line.Split('\t', 2) is [_, var names] && names.Split(' ')[0] == name ? change(line) : line);
        return string.Join('\n', lines.Where(line => line is not null));
    }

    /// <summary>Splits one --add-host; Docker's words when it is wrong.</summary>
    public static (string Name, string Address) ParseExtra(string entry, string? hostGateway)
    {
        int at = entry.IndexOf('=', StringComparison.Ordinal);
        if (at < 0)
            at = entry.IndexOf(':', StringComparison.Ordinal);
        string name = at < 0 ? "" : entry[..at];
        string address = at < 0 ? "" : entry[(at + 1)..].Trim('[', ']');
        if (name.Length == 0 || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            throw TareException.Invalid($"bad format for add-host: \"{entry}\"");
        if (address == HostGateway)
        {
            return hostGateway is null
                ? throw TareException.Invalid("unable to derive the IP value for host-gateway: the container is on no network with a gateway")
                : (name, hostGateway);
        }
        return IPAddress.TryParse(address, out _)
            ? (name, address)
            : throw TareException.Invalid($"invalid IP address in add-host: \"{address}\"");
    }
}
