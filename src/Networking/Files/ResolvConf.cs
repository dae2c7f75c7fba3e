using System.Net;
using System.Text;

namespace Tare.Networking.Files;

/// <summary>The lines of a resolv.conf(5) that matter; <see cref="Parse"/> ignores the rest as the C library does.</summary>
public sealed record ResolvConf(IReadOnlyList<string> Servers, IReadOnlyList<string> Search, IReadOnlyList<string> Options)
{
    private const string HostPath = "/etc/resolv.conf";
    private const string SystemdPath = "/run/systemd/resolve/resolv.conf";
    private const string Mark = "# Written by tare when the container starts; --dns, --dns-search and --dns-option change it (";
    private static readonly string[] PublicServers = ["8.8.8.8", "8.8.4.4"];

    /// <summary>Address of the embedded server in containers of user-defined networks.</summary>
    public const string EmbeddedServer = "127.0.0.11";

    /// <summary>Reads the text of a resolv.conf.</summary>
    public static ResolvConf Parse(string text)
    {
        List<string> servers = [], search = [], options = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0].StartsWith('#') || words[0].StartsWith(';'))
                continue;
            switch (words[0])
            {
                case "nameserver":
                    servers.Add(words[1]);
                    break;
                case "search" or "domain":
                    // The last of them counts.
                    search = [.. words[1..]];
                    break;
                case "options":
                    options.AddRange(words[1..]);
                    break;
            }
        }
        return new ResolvConf(servers, search, options);
    }

    /// <summary>The host's own, or the file behind systemd's local stub when that is all /etc/resolv.conf names.</summary>
    public static ResolvConf OfHost()
    {
        ResolvConf host = Parse(ReadOrEmpty(HostPath));
        return host.Servers is ["127.0.0.53"] && File.Exists(SystemdPath) ? Parse(ReadOrEmpty(SystemdPath)) : host;
    }

    /// <summary>Servers of the host's own file as addresses, loopback ones included: they work from the host's namespace.</summary>
    public static IReadOnlyList<IPAddress> HostServers() => Addresses(Parse(ReadOrEmpty(HostPath)).Servers);

    /// <summary>
    /// For a container without the embedded server (default network): the host's servers without loopback ones, or the user's; public servers when
    /// nothing is left.
    /// </summary>
    public static string Build(ResolvConf host, DnsSettings settings)
    {
        IReadOnlyList<string> servers = settings.Servers.Count > 0 ? settings.Servers : [.. host.Servers.Where(s => !IsLoopback(s))];
        return Write(servers.Count > 0 ? servers : PublicServers, host, settings, []);
    }

    /// <summary>For a container of user-defined networks: the embedded server only, which asks the others.</summary>
    public static string BuildEmbedded(ResolvConf host, DnsSettings settings) => Write([EmbeddedServer], host, settings, ["ndots:0"]);

    /// <summary>The servers that the embedded one asks: the user's or the host's.</summary>
    public static IReadOnlyList<IPAddress> Upstreams(DnsSettings settings) => settings.Servers.Count > 0 ? Addresses(settings.Servers) : HostServers();

    private static string Write(IReadOnlyList<string> servers, ResolvConf host, DnsSettings settings, string[] defaults)
    {
        var text = new StringBuilder();
        foreach (string server in servers)
            _ = text.Append("nameserver ").Append(server).Append('\n');
        // A single "." means: no search list at all, not even the host's.
        IEnumerable<string> search = settings.Search is ["."] ? [] : settings.Search.Count > 0 ? settings.Search : host.Search;
        if (search.Any())
            _ = text.Append("search ").AppendJoin(' ', search).Append('\n');
        List<string> options = [.. settings.Options.Count > 0 ? settings.Options : host.Options];
        foreach (string option in defaults)
        {
            if (settings.Options.Any(o => Name(o) == Name(option)))
                continue;
            _ = options.RemoveAll(o => Name(o) == Name(option));
            options.Add(option);
        }
        if (options.Count > 0)
            _ = text.Append("options ").AppendJoin(' ', options).Append('\n');
        return Marked(text.ToString());
    }

    /// <summary>True for a text that was built here and that nobody has changed since: its first line carries a checksum of the others.</summary>
    public static bool IsUnchanged(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return end >= 0 && text.StartsWith(Mark, StringComparison.Ordinal) && Marked(text[(end + 1)..]) == text;
    }

    private static string Marked(string lines)
    {
        uint checksum = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(lines))
            checksum = (checksum ^ b) * 16777619;
        return $"{Mark}{checksum:x8})\n{lines}";
    }

    private static string Name(string option) => option.Split(':')[0];

    private static List<IPAddress> Addresses(IReadOnlyList<string> servers) =>
        [.. servers.Select(s => IPAddress.TryParse(s, out IPAddress? address) ? address : null).OfType<IPAddress>()];

    private static bool IsLoopback(string server) => IPAddress.TryParse(server, out IPAddress? address) && IPAddress.IsLoopback(address);

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>--dns, --dns-search and --dns-option of a container; empty lists mean "as the host".</summary>
public sealed record DnsSettings(IReadOnlyList<string> Servers, IReadOnlyList<string> Search, IReadOnlyList<string> Options)
{
    /// <summary>As the host.</summary>
    public static DnsSettings None { get; } = new([], [], []);
}
