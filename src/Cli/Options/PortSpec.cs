using System.Globalization;
using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>-p and --expose: [[ip:][hostPort]:]containerPort[/protocol], where each port may be a range.</summary>
internal static class PortSpec
{
    /// <summary>Adds the bindings that one -p stands for.</summary>
    public static void AddPublished(string text, Dictionary<string, EmptyObject> exposed, Dictionary<string, List<PortBinding>?> bindings)
    {
        (string address, string protocol) = SplitProtocol(text);
        (string ip, string host, string container) = SplitParts(address);
        if (container.Length == 0)
            throw TareException.Invalid($"no port specified: {text}<empty>");
        if (ip.Length > 0 && !HostEntry.IsAddress(ip))
            throw TareException.Invalid($"invalid IP address: {ip}");
        (int first, int last) = Range(container, "containerPort");
        (int hostFirst, int hostLast) = host.Length == 0 ? (0, 0) : Range(host, "hostPort");
        if (host.Length > 0 && hostLast - hostFirst != last - first && first != last)
            throw TareException.Invalid($"invalid ranges specified for container and host Ports: {container} and {host}");
        for (int port = first; port <= last; port++)
        {
            string key = $"{port}/{protocol}";
            // One container port on a range of host ports: the engine picks a free one of the range.
            string hostPort = host.Length == 0 ? ""
                : first == last && hostFirst != hostLast ? $"{hostFirst}-{hostLast}"
                : (hostFirst + port - first).ToString(CultureInfo.InvariantCulture);
            exposed[key] = new EmptyObject();
            if (!bindings.TryGetValue(key, out List<PortBinding>? list) || list is null)
                bindings[key] = list = [];
            list.Add(new PortBinding { HostIp = ip, HostPort = hostPort });
        }
    }

    /// <summary>Adds the ports that one --expose stands for.</summary>
    public static void AddExposed(string text, Dictionary<string, EmptyObject> exposed)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            throw TareException.Invalid($"invalid port format for --expose: {text}");
        (string ports, string protocol) = SplitProtocol(text);
        string[] ends = ports.Split('-');
        if (Array.Find(ends, e => e.Length == 0 || e.AsSpan().ContainsAnyExceptInRange('0', '9')) is { } bad)
            throw TareException.Invalid($"invalid range format for --expose: {text}, error: strconv.ParseUint: parsing \"{bad}\": invalid syntax");
        (int first, int last) = Range(ports, "range format for --expose");
        for (int port = first; port <= last; port++)
            exposed[$"{port}/{protocol}"] = new EmptyObject();
    }

    private static (string Ports, string Protocol) SplitProtocol(string text)
    {
        int slash = text.LastIndexOf('/');
        if (slash < 0)
            return (text, "tcp");
        string protocol = text[(slash + 1)..].ToLowerInvariant();
        return protocol is "tcp" or "udp" or "sctp" ? (text[..slash], protocol) : throw TareException.Invalid($"invalid proto: {protocol}");
    }

    private static (string Ip, string Host, string Container) SplitParts(string text)
    {
        int last = text.LastIndexOf(':');
        if (last < 0)
            return ("", "", text);
        string container = text[(last + 1)..];
        string before = text[..last];
        int previous = before.LastIndexOf(':');
        if (previous < 0)
            return ("", before, container);
        string ip = before[..previous];
        if (ip.StartsWith('['))
            ip = ip.EndsWith(']') ? ip[1..^1] : throw TareException.Invalid($"invalid IP address: {ip}");
        return (ip, before[(previous + 1)..], container);
    }

    private static (int First, int Last) Range(string text, string what)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        bool good = Port(dash < 0 ? text : text[..dash], out int first);
        int last = first;
        if (good && dash >= 0)
            good = Port(text[(dash + 1)..], out last) && last >= first;
        return good ? (first, last) : throw TareException.Invalid($"invalid {what}: {text}");
    }

    private static bool Port(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}
