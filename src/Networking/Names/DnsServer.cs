using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tare.Errors;
using Tare.Networking.Files;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Names;

/// <summary>Where a container's queries go that are not for names of its networks.</summary>
/// <param name="Upstreams">Asked at each query, so that a change of the host's resolvers takes effect; empty: SERVFAIL.</param>
public sealed record DnsServerOptions(Func<IReadOnlyList<IPAddress>> Upstreams);

/// <summary>
/// The resolver of one container at 127.0.0.11: its sockets are opened inside the container's namespace, everything else happens in this process on
/// asynchronous sockets. Disposing closes it; after a restart of the engine it is served again.
/// </summary>
public sealed class DnsServer : IDisposable
{
    private const int Port = 53;
    private const int MaxQuery = 1280;
    private const int MaxTcpClients = 32;
    private const int MaxPending = 256;
    private static readonly TimeSpan TcpIdle = TimeSpan.FromSeconds(10);
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly INameTable _names;
    private readonly DnsUpstream _upstream;
    private readonly DnsServerOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private int _tcpClients;
    private int _pending;

    private DnsServer(Socket udp, Socket tcp, INameTable names, DnsUpstream upstream, DnsServerOptions options)
    {
        _udp = udp;
        _tcp = tcp;
        _names = names;
        _upstream = upstream;
        _options = options;
    }

    /// <summary>Opens the sockets inside a namespace and starts answering.</summary>
    public static DnsServer Serve(NetworkNamespace netns, INameTable names, DnsUpstream upstream, DnsServerOptions? options = null)
    {
        (Socket udp, Socket tcp) = netns.Run(Open);
        var server = new DnsServer(udp, tcp, names, upstream, options ?? new DnsServerOptions(ResolvConf.HostServers));
        _ = server.ServeUdpAsync();
        _ = server.ServeTcpAsync();
        return server;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _udp.Dispose();
        _tcp.Dispose();
    }

    /// <summary>Answers one packet; null when it deserves none.</summary>
    internal async Task<byte[]?> AnswerAsync(ReadOnlyMemory<byte> packet, bool tcp)
    {
        if (!DnsQuestion.TryParse(packet.Span, out DnsQuestion? question, out DnsCode? error))
            return error is { } code ? DnsAnswer.Failure(packet.Span, null, code) : null;
        if (AnswerLocally(packet.Span, question, tcp ? ushort.MaxValue : question.MaxAnswer) is { } answer)
            return answer;
        return await _upstream.AskAsync(packet, _options.Upstreams(), tcp, _stop.Token)
            ?? DnsAnswer.Failure(packet.Span, question, DnsCode.ServerFailure);
    }

    private byte[]? AnswerLocally(ReadOnlySpan<byte> packet, DnsQuestion question, int limit)
    {
        if (question.Class != DnsQuestion.InternetClass)
            return null;
        if (question.Type == DnsType.Ptr)
        {
            return ParseReverse(question.Name) is { } address && _names.NameOf(address) is { } name
                ? DnsAnswer.Pointer(packet, question, name, limit)
                : null;
        }
        // A name of ours has no other data than addresses: any other type gets an empty answer, not the outside's.
        return _names.Resolve(question.Name) is { } addresses
            ? DnsAnswer.Addresses(packet, question, question.Type is DnsType.A or DnsType.Aaaa ? addresses : [], limit)
            : null;
    }

    /// <summary>"2.0.17.172.in-addr.arpa", or 32 nibbles below ip6.arpa, as an address.</summary>
    internal static IPAddress? ParseReverse(string name)
    {
        string[] labels = name.Split('.');
        if (labels is [.., "in-addr", "arpa"] && labels.Length == 6)
        {
            byte[] four = new byte[4];
            for (int i = 0; i < 4; i++)
            {
                if (!byte.TryParse(labels[3 - i], NumberStyles.None, CultureInfo.InvariantCulture, out four[i]))
                    return null;
            }
            return new IPAddress(four);
        }
        if (labels is not [.., "ip6", "arpa"] || labels.Length != 34)
            return null;
        byte[] sixteen = new byte[16];
        for (int i = 0; i < 32; i++)
        {
            string label = labels[31 - i];
            if (label.Length != 1 || !char.IsAsciiHexDigit(label[0]))
                return null;
            sixteen[i / 2] = (byte)((sixteen[i / 2] << 4) | Convert.ToInt32(label, 16));
        }
        return new IPAddress(sixteen);
    }

    private static (Socket Udp, Socket Tcp) Open()
    {
        var address = new IPEndPoint(IPAddress.Parse(ResolvConf.EmbeddedServer), Port);
        var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            udp.Bind(address);
            tcp.SetRawSocketOption(1, 2, [1, 0, 0, 0]); // SO_REUSEADDR: connections of before a restart may linger
            tcp.Bind(address);
            tcp.Listen(16);
            return (udp, tcp);
        }
        catch (SocketException error)
        {
            udp.Dispose();
            tcp.Dispose();
            throw new TareException(ErrorKind.Conflict, $"serve names at {address} in the container: {error.SocketErrorCode}", error);
        }
    }

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[MaxQuery];
        EndPoint any = new IPEndPoint(IPAddress.Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await _udp.ReceiveFromAsync(buffer, any);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                if (error.SocketErrorCode == SocketError.OperationAborted)
                    return;
                // An earlier answer came back as unreachable, or the packet was too long.
                continue;
            }
            // A client that floods loses its own questions; others have their own server.
            if (Volatile.Read(ref _pending) < MaxPending)
                _ = AnswerUdpAsync(buffer.AsMemory(0, received.ReceivedBytes).ToArray(), received.RemoteEndPoint);
        }
    }

    private async Task AnswerUdpAsync(byte[] packet, EndPoint client)
    {
        _ = Interlocked.Increment(ref _pending);
        try
        {
            byte[]? answer = await AnswerAsync(packet, tcp: false);
            if (answer is not null)
                _ = await _udp.SendToAsync(answer, client);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client is gone, or the server: nobody waits for the answer.
        }
        finally
        {
            _ = Interlocked.Decrement(ref _pending);
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _tcp.AcceptAsync();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                if (error.SocketErrorCode == SocketError.OperationAborted)
                    return;
                await Task.Delay(20);
                continue;
            }
            if (Interlocked.Increment(ref _tcpClients) > MaxTcpClients)
            {
                _ = Interlocked.Decrement(ref _tcpClients);
                client.Dispose();
                continue;
            }
            _ = AnswerTcpAsync(client);
        }
    }

    private async Task AnswerTcpAsync(Socket client)
    {
        try
        {
            using (client)
            {
                while (true)
                {
                    using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                    idle.CancelAfter(TcpIdle);
                    byte[]? packet = await DnsStream.ReadAsync(client, MaxQuery, idle.Token);
                    byte[]? answer = packet is null ? null : await AnswerAsync(packet, tcp: true);
                    if (answer is null)
                        return;
                    await DnsStream.WriteAsync(client, answer, idle.Token);
                }
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Idle, gone or stopped: closing is the answer.
        }
        finally
        {
            _ = Interlocked.Decrement(ref _tcpClients);
        }
    }
}
