using Tare.EngineApi.Client.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Client;

/// <summary>Where an engine listens: unix:///path or tcp://host:port.</summary>
public sealed class EngineAddress
{
    private const int DefaultTcpPort = 2375;
    private readonly string _host;
    private readonly int _port;

    private EngineAddress(string text, string host, int port) => (Text, _host, _port) = (text, host, port);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The socket's path, or null for TCP.</summary>
    public string? SocketPath => _port == 0 ? _host : null;

    /// <summary>What the Host header says.</summary>
    internal string HostHeader => _port == 0 ? "docker" : $"{_host}:{_port}";

    /// <summary>Reads an address; throws InvalidArgument for other schemes.</summary>
    public static EngineAddress Parse(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? text : text[(scheme + 3)..];
        switch (scheme < 0 ? "" : text[..scheme])
        {
            case "unix" when rest.StartsWith('/'):
                return new EngineAddress(text, rest, 0);
            case "tcp" or "http" or "" when rest.Length > 0 && !rest.StartsWith('/'):
                return ParseTcp(text, rest.TrimEnd('/'));
            case "ssh" or "npipe" or "fd" or "https":
                throw new TareException(ErrorKind.NotSupported, $"address {text} is not supported: use unix:///path or tcp://host:port");
            default:
                throw TareException.Invalid($"unable to parse docker host \"{text}\"");
        }
    }

    /// <summary>Opens a connection; throws Unavailable when nobody listens.</summary>
    internal ITransport Connect()
    {
        try
        {
            return _port == 0 ? UnixTransport.Connect(_host) : TcpTransport.Connect(_host, _port);
        }
        catch (Exception error) when (error is IOException or Linux.SyscallException or System.Net.Sockets.SocketException)
        {
            throw new TareException(
                ErrorKind.Unavailable,
                $"failed to connect to the engine at {Text}; check if the path is correct and if the engine is running",
                error);
        }
    }

    private static EngineAddress ParseTcp(string text, string rest)
    {
        int colon = rest.LastIndexOf(':');
        bool bare = colon < 0 || rest.EndsWith(']');
        int port = DefaultTcpPort;
        if (!bare && (!int.TryParse(rest[(colon + 1)..], out port) || port is < 1 or > 65535))
            throw TareException.Invalid($"unable to parse docker host \"{text}\"");
        return new EngineAddress(text, (bare ? rest : rest[..colon]).Trim('[', ']'), port);
    }
}
