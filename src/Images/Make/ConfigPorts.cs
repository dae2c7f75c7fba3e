using System.Globalization;
using Tare.Errors;

namespace Tare.Images.Make;

/// <summary>Ports of EXPOSE: "80", "53/udp", "8000-8010/tcp", as keys of the config's set. Pure.</summary>
internal static class ConfigPorts
{
    public static IEnumerable<string> Parse(string text)
    {
        string[] parts = text.Split('/', 2);
        string protocol = parts.Length == 1 ? "tcp" : parts[1].ToLowerInvariant();
        string[] range = parts[0].Split('-', 2);
        if (protocol is not ("tcp" or "udp" or "sctp") || !TryPort(range[0], out int first) || !TryPort(range[^1], out int last) || last < first)
            throw TareException.Invalid($"invalid containerPort: {text}");
        return Enumerable.Range(first, last - first + 1).Select(p => $"{p.ToString(CultureInfo.InvariantCulture)}/{protocol}");
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}
