using System.Globalization;
using System.Net;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Networking.Ports;

namespace Tare.Engine.Networks;

/// <summary>Turns the port bindings of a container into what the driver publishes, and back into what inspect shows. Pure.</summary>
internal static class PortWish
{
    /// <summary>One wish for each binding; exposed ports get one too when all of them shall be published.</summary>
    public static List<PortSpec> Read(IReadOnlyDictionary<string, List<PortBinding>?> ports, IEnumerable<string> exposed, bool publishAll, IPAddress? hostBinding)
    {
        List<PortSpec> specs = [];
        foreach ((string port, List<PortBinding>? bindings) in ports)
        {
            (PortProtocol protocol, ushort number) = ParsePort(port);
            foreach (PortBinding binding in bindings ?? [])
            {
                (ushort first, ushort last) = ParseRange(binding.HostPort);
                specs.Add(new PortSpec(protocol, number, ParseAddress(binding.HostIp) ?? hostBinding, first, last));
            }
        }
        if (publishAll)
        {
            foreach (string port in exposed.Where(port => ports.GetValueOrDefault(port) is null or { Count: 0 }))
            {
                (PortProtocol protocol, ushort number) = ParsePort(port);
                specs.Add(new PortSpec(protocol, number, hostBinding));
            }
        }
        return specs;
    }

    /// <summary>Published ports by "80/tcp", and null for those that are exposed only.</summary>
    public static Dictionary<string, List<PortBinding>?> Show(IEnumerable<StoredPort> published, IEnumerable<string> exposed)
    {
        Dictionary<string, List<PortBinding>?> shown = [];
        foreach (string port in exposed)
            shown[port] = null;
        foreach (StoredPort port in published)
        {
            string key = $"{port.ContainerPort}/{Name((PortProtocol)port.Protocol)}";
            if (!shown.TryGetValue(key, out List<PortBinding>? bindings) || bindings is null)
                shown[key] = bindings = [];
            bindings.Add(new PortBinding { HostIp = port.HostAddress, HostPort = port.HostPort.ToString(CultureInfo.InvariantCulture) });
        }
        return shown;
    }

    /// <summary>"80", "80/tcp", "53/udp".</summary>
    public static (PortProtocol Protocol, ushort Number) ParsePort(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string number = slash < 0 ? text : text[..slash];
        PortProtocol protocol = (slash < 0 ? "tcp" : text[(slash + 1)..]) switch
        {
            "tcp" => PortProtocol.Tcp,
            "udp" => PortProtocol.Udp,
            "sctp" => PortProtocol.Sctp,
            { } other => throw TareException.Invalid($"invalid port specification: \"{text}\": invalid proto: {other}"),
        };
        return ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ushort value) && value > 0
            ? (protocol, value)
            : throw TareException.Invalid($"invalid port specification: \"{text}\"");
    }

    private static (ushort First, ushort Last) ParseRange(string text)
    {
        if (text.Length == 0)
            return (0, 0);
        string[] parts = text.Split('-', 2);
        if (!ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first))
            throw TareException.Invalid($"invalid port specification: \"{text}\"");
        if (parts.Length == 1)
            return (first, 0);
        return ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort last) && last >= first
            ? (first, last)
            : throw TareException.Invalid($"invalid port specification: \"{text}\"");
    }

    private static IPAddress? ParseAddress(string text)
    {
        if (text.Length == 0)
            return null;
        return IPAddress.TryParse(text, out IPAddress? address) ? address : throw TareException.Invalid($"invalid host IP address: {text}");
    }

    private static string Name(PortProtocol protocol) => protocol switch
    {
        PortProtocol.Tcp => "tcp",
        PortProtocol.Udp => "udp",
        _ => "sctp",
    };
}
