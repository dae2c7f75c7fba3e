using System.Globalization;
using Tare.Errors;

namespace Tare.Engine.Containers.Lists;

/// <summary>"80", "80/tcp" or "8000-8080/udp" of a filter or an exposed port.</summary>
internal readonly record struct PortRange(int First, int Last, string Protocol)
{
    internal static PortRange Parse(string text) =>
        TryParse(text, out PortRange range) ? range : throw TareException.Invalid($"invalid port specification: \"{text}\"");

    internal static bool TryParse(string text, out PortRange range)
    {
        range = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        string ports = slash < 0 ? text : text[..slash];
        if (protocol is not ("tcp" or "udp" or "sctp"))
            return false;
        int dash = ports.IndexOf('-', StringComparison.Ordinal);
        string low = dash < 0 ? ports : ports[..dash];
        string high = dash < 0 ? ports : ports[(dash + 1)..];
        if (!ushort.TryParse(low, NumberStyles.None, CultureInfo.InvariantCulture, out ushort first)
            || !ushort.TryParse(high, NumberStyles.None, CultureInfo.InvariantCulture, out ushort last) || last < first)
        {
            return false;
        }
        range = new PortRange(first, last, protocol);
        return true;
    }

    /// <summary>True when an exposed port such as "80/tcp" lies in the range.</summary>
    internal bool Contains(string port) =>
        TryParse(port, out PortRange other) && other.Protocol == Protocol && other.First >= First && other.Last <= Last;
}
