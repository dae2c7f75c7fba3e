using System.Net;
using System.Net.Sockets;
using Tare.Errors;
using Tare.Linux;
using Socket = System.Net.Sockets.Socket;

namespace Tare.EngineApi.Server.Transport;

/// <summary>A bound and listening socket; a unix socket's path goes when it is disposed.</summary>
public sealed class ListeningSocket : EndPoint, IDisposable
{
    private const int Backlog = 512;
    private readonly string _name;
    private readonly string? _path;

    private ListeningSocket(Socket socket, string name, string? path)
    {
        Socket = socket;
        _name = name;
        _path = path;
    }

    internal Socket Socket { get; }

    /// <summary>Set for sockets whose clients speak TLS.</summary>
    internal TlsIdentity? Identity { get; private init; }

    /// <inheritdoc/>
    public override string ToString() => _name;

    /// <summary>
    /// Listens on a unix socket with a mode from birth and a group. The socket file that a killed engine left is replaced; one that somebody listens
    /// on is not. Called while the process starts, because the mode comes from its umask.
    /// </summary>
    public static ListeningSocket Unix(string path, uint mode, uint? group = null)
    {
        string full = Path.GetFullPath(path);
        RefuseLiving(full);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        uint umask = Stat.SetUmask(0x1FF & ~mode);
        try
        {
            File.Delete(full);
            socket.Bind(new UnixDomainSocketEndPoint(full));
            if (group is { } gid)
                Check(Unistd.TryChown(FileDescriptor.CurrentDirectory, full, uint.MaxValue, gid), "chown", full);
            socket.Listen(Backlog);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            socket.Dispose();
            throw TareException.Internal($"listen on unix://{path}", error);
        }
        finally
        {
            _ = Stat.SetUmask(umask);
        }
        return new ListeningSocket(socket, $"unix://{full}", full);
    }

    /// <summary>Listens on a TCP address, for clients with a certificate when there is an identity.</summary>
    public static ListeningSocket Tcp(IPEndPoint address, TlsIdentity? identity = null)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(address);
            socket.Listen(Backlog);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw TareException.Internal($"listen on tcp://{address}", error);
        }
        return new ListeningSocket(socket, $"tcp://{socket.LocalEndPoint}", null) { Identity = identity };
    }

    /// <summary>Takes over a descriptor that systemd listens on already.</summary>
    public static ListeningSocket Inherited(int descriptor)
    {
        try
        {
            return new ListeningSocket(new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)), $"fd://{descriptor}", null);
        }
        catch (SocketException error)
        {
            throw TareException.Internal($"listen on descriptor {descriptor} from systemd", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_path is not null && !Socket.SafeHandle.IsClosed)
            File.Delete(_path);
        Socket.Dispose();
    }

    private static void Check(Errno errno, string operation, string path)
    {
        if (errno != Errno.None)
            throw TareException.Internal($"{operation} {path}: {errno.Describe()}");
    }

    private static void RefuseLiving(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            return;
        }
        throw TareException.Conflict($"listen on unix://{path}: another program listens there, stop it or give another --host");
    }
}
