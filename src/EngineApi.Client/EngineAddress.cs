using Tare.EngineApi.Client.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Client;

/// <summary>Where an engine listens: unix:///path, tcp://host:port (with TLS when there are files for it) or ssh://user@host.</summary>
public sealed class EngineAddress
{
    private const int DefaultTcpPort = 2375;
    private const int DefaultTlsPort = 2376;
    private readonly TlsFiles? _tls;
    private readonly Uri? _ssh;
    private readonly string _host;
    private readonly int _port;

    private EngineAddress(string text, string host, int port, TlsFiles? tls = null, Uri? ssh = null) => (Text, _host, _port, _tls, _ssh) = (text, host, port, tls, ssh);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The socket's path, or null for TCP.</summary>
    public string? SocketPath => _port == 0 && _ssh is null ? _host : null;

    /// <summary>What the Host header says.</summary>
    internal string HostHeader => _port == 0 ? "docker" : $"{_host}:{_port}";

    /// <summary>Reads an address; throws InvalidArgument for other schemes. TLS is spoken on TCP only.</summary>
    public static EngineAddress Parse(string text, TlsFiles? tls = null)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? text : text[(scheme + 3)..];
        switch (scheme < 0 ? "" : text[..scheme])
        {
            case "unix" when rest.StartsWith('/'):
                return new EngineAddress(text, rest, 0);
            case "tcp" or "http" or "https" or "" when rest.Length > 0 && !rest.StartsWith('/'):
                return ParseTcp(text, rest.TrimEnd('/'), text.StartsWith("https:", StringComparison.Ordinal) ? tls ?? new TlsFiles(null, null, null) : tls);
            case "ssh" when Uri.TryCreate(text, UriKind.Absolute, out Uri? ssh):
                return new EngineAddress(text, "", 0, null, ssh);
            case "npipe" or "fd":
                throw new TareException(ErrorKind.NotSupported, $"address {text} is not supported: use unix:///path, tcp://host:port or ssh://user@host");
            default:
                throw TareException.Invalid($"unable to parse docker host \"{text}\"");
        }
    }

    /// <summary>Opens a connection; throws Unavailable when nobody listens.</summary>
    internal ITransport Connect()
    {
        try
        {
            if (_ssh is not null)
                return SshTransport.Connect(_ssh);
            if (_port == 0)
                return UnixTransport.Connect(_host);
            return _tls is null ? TcpTransport.Connect(_host, _port) : TlsTransport.Connect(_host, _port, _tls);
        }
        catch (Exception error) when (error is IOException or Linux.SyscallException or System.Net.Sockets.SocketException)
        {
            throw new TareException(
                ErrorKind.Unavailable,
                $"failed to connect to the engine at {Text}; check if the path is correct and if the engine is running",
                error);
        }
    }

    private static EngineAddress ParseTcp(string text, string rest, TlsFiles? tls)
    {
        int colon = rest.LastIndexOf(':');
        bool bare = colon < 0 || rest.EndsWith(']');
        int port = tls is null ? DefaultTcpPort : DefaultTlsPort;
        if (!bare && (!int.TryParse(rest[(colon + 1)..], out port) || port is < 1 or > 65535))
            throw TareException.Invalid($"unable to parse docker host \"{text}\"");
        return new EngineAddress(text, (bare ? rest : rest[..colon]).Trim('[', ']'), port, tls);
    }
}
