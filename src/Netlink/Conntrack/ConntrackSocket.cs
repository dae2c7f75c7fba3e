using Tare.Linux;

namespace Tare.Netlink.Conntrack;

/// <summary>ctnetlink of one network namespace: makes the kernel forget connections whose translation is out of date. Thread-safe.</summary>
public sealed class ConntrackSocket : IDisposable
{
    private const int Delete = (1 << 8) | 2; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE
    private const int TupleOriginal = 1;
    private const int TupleProtocol = 2;
    private const int Filter = 25;
    private const int MatchProtocolAndDestinationPort = (1 << 3) | (1 << 5);
    private readonly NetlinkSocket _socket;

    private ConntrackSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens in the network namespace of the calling thread.</summary>
    public static ConntrackSocket Open() => new(NetlinkSocket.Open(NetlinkSocket.Netfilter));

    /// <summary>
    /// Forgets all flows of an IP protocol that were first sent to a port. Kernels before 6.10 cannot select by port: they return an error and keep
    /// the flows, which then end by their own time-out.
    /// </summary>
    public Errno TryForget(bool ipv6, byte protocol, ushort port)
    {
        byte[] header = [(byte)(ipv6 ? Linux.Socket.AF_INET6 : Linux.Socket.AF_INET), 0, 0, 0];
        MessageBuilder request = new MessageBuilder().Begin(Delete, MessageFlags.None, header);
        int tuple = request.Nest(TupleOriginal);
        int inner = request.Nest(TupleProtocol);
        _ = request.PutByte(1, protocol).Put(3, [(byte)(port >> 8), (byte)port]).Unnest(inner).Unnest(tuple);
        int filter = request.Nest(Filter);
        _ = request.PutInt(1, MatchProtocolAndDestinationPort).Unnest(filter);
        return _socket.TryTransact(request, out _, out _);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
