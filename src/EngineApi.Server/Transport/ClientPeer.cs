using System.Globalization;
using System.Net.Sockets;
using Tare.Linux;
using NetSocket = System.Net.Sockets.Socket;

namespace Tare.EngineApi.Server.Transport;

/// <summary>Who is at the other end of a connection: a process of this host, or an address with the subject of its certificate.</summary>
/// <param name="Credentials">Of the process that connected to a unix socket; null for TCP.</param>
/// <param name="Address">Of a TCP client; null for unix sockets.</param>
/// <param name="Subject">Of a TLS client's certificate.</param>
internal sealed record ClientPeer(PeerCredentials? Credentials, string? Address, string? Subject)
{
    /// <summary>Name of the process, "" when it has ended already.</summary>
    public string Program { get; } = Read(Credentials, "comm");

    /// <summary>The user who logged in, whoever they have become since (proc(5), loginuid); null when nobody did.</summary>
    public uint? Login { get; } = uint.TryParse(Read(Credentials, "loginuid"), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != uint.MaxValue ? id : null;

    /// <summary>Looks at the connection and, for a unix socket, at its process.</summary>
    public static ClientPeer Of(NetSocket socket, TlsStream? tls) => socket.AddressFamily == AddressFamily.Unix
        ? new ClientPeer(Linux.Socket.PeerOf((int)socket.Handle), null, null)
        : new ClientPeer(null, socket.RemoteEndPoint?.ToString(), tls?.Subject);

    private static string Read(PeerCredentials? process, string file)
    {
        try
        {
            return process is { } who ? File.ReadAllText($"/proc/{who.ProcessId}/{file}").Trim() : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
