using System.Globalization;
using System.Net;
using Tare.EngineApi.Server.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Server.Hosting;

/// <summary>Turns --host values into listening sockets.</summary>
internal static class ListenAddress
{
    private const uint SocketMode = 0x1b0; // 0660
    private const int FirstInherited = 3;

    /// <summary>unix://PATH, tcp://ADDRESS:PORT or fd://, which is every socket that systemd has passed.</summary>
    public static IEnumerable<ListeningSocket> Open(string host, uint? group, TlsIdentity? identity)
    {
        int at = host.IndexOf("://", StringComparison.Ordinal);
        string scheme = at < 0 ? (host.StartsWith('/') ? "unix" : "tcp") : host[..at];
        string rest = at < 0 ? host : host[(at + 3)..];
        return scheme switch
        {
            "unix" when rest.Length > 0 => [ListeningSocket.Unix(rest, SocketMode, group)],
            "tcp" => [ListeningSocket.Tcp(Address(rest, host, identity), identity)],
            "fd" => Inherited(),
            _ => throw TareException.Invalid($"invalid bind address format: {host}; unix://PATH, tcp://127.0.0.1:PORT or fd:// is expected"),
        };
    }

    /// <summary>Whoever reaches an API without authentication is root: without TLS only loopback addresses are listened on.</summary>
    private static IPEndPoint Address(string text, string host, TlsIdentity? identity)
    {
        IPEndPoint address = Parse(text, host, identity is null ? "2375" : "2376");
        return identity is not null || IPAddress.IsLoopback(address.Address)
            ? address
            : throw TareException.Invalid($"refused to listen on {host} without TLS: everybody who reaches it would be root; give --tlsverify with --tlscacert, --tlscert and --tlskey, or a loopback address");
    }

    private static IPEndPoint Parse(string text, string host, string defaultPort)
    {
        int colon = text.LastIndexOf(':');
        string name = colon < 0 ? text : text[..colon];
        string number = colon < 0 ? defaultPort : text[(colon + 1)..];
        if (name == "localhost")
            name = "127.0.0.1";
        return IPAddress.TryParse(name.Trim('[', ']'), out IPAddress? address) && ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? new IPEndPoint(address, port)
            : throw TareException.Invalid($"invalid bind address format: {host}; tcp://ADDRESS:PORT with a numeric address is expected");
    }

    private static List<ListeningSocket> Inherited()
    {
        bool ours = int.TryParse(Environment.GetEnvironmentVariable("LISTEN_PID"), out int pid) && pid == Environment.ProcessId;
        if (!ours || !int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), out int count) || count < 1)
            throw TareException.Invalid("no sockets found via socket activation: make sure the service was started by systemd");
        return [.. Enumerable.Range(FirstInherited, count).Select(ListeningSocket.Inherited)];
    }
}
