using Tare.EngineApi.Containers;

namespace Tare.Cli.Formatting;

/// <summary>The ports of a container in one cell: "0.0.0.0:8080->80/tcp, 9000-9002/udp"; neighbours with the same distance are one range.</summary>
internal static class PortText
{
    public static string Of(List<PortSummary> ports)
    {
        var parts = new List<string>();
        IEnumerable<PortSummary> sorted = ports.OrderBy(p => p.PublicPort == 0).ThenBy(p => p.IP ?? "", StringComparer.Ordinal)
            .ThenBy(p => p.Type, StringComparer.Ordinal).ThenBy(p => p.PrivatePort).ThenBy(p => p.PublicPort);
        PortSummary? first = null, last = null;
        foreach (PortSummary port in sorted)
        {
            if (first is not null && Follows(last!, port))
            {
                last = port;
                continue;
            }
            if (first is not null)
                parts.Add(Text(first, last!));
            first = last = port;
        }
        if (first is not null)
            parts.Add(Text(first, last!));
        return string.Join(", ", parts);
    }

    private static bool Follows(PortSummary last, PortSummary next) =>
        next.IP == last.IP && next.Type == last.Type && next.PrivatePort == last.PrivatePort + 1
        && (last.PublicPort == 0 ? next.PublicPort == 0 : next.PublicPort == last.PublicPort + 1);

    private static string Text(PortSummary first, PortSummary last)
    {
        string inside = Range(first.PrivatePort, last.PrivatePort) + "/" + first.Type;
        if (first.PublicPort == 0)
            return inside;
        string ip = first.IP is null ? "" : first.IP.Contains(':', StringComparison.Ordinal) ? $"[{first.IP}]:" : first.IP + ":";
        return $"{ip}{Range(first.PublicPort, last.PublicPort)}->{inside}";
    }

    private static string Range(ushort first, ushort last) => first == last ? $"{first}" : $"{first}-{last}";
}
