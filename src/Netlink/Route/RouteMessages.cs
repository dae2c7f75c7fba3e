using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Tare.Linux;

namespace Tare.Netlink.Route;

/// <summary>rtnetlink(7) messages as pure additions to a <see cref="MessageBuilder"/>, so that several travel in one send.</summary>
public static class RouteMessages
{
    internal const int NewLink = 16;
    internal const int DelLink = 17;
    internal const int GetLink = 18;
    internal const int SetLink = 19;
    internal const int NewAddress = 20;
    internal const int DelAddress = 21;
    internal const int GetAddress = 22;
    internal const int NewRoute = 24;
    internal const int DeleteRoute = 25;
    internal const int GetRoute = 26;
    internal const int LinkAddress = 1;
    internal const int LinkName = 3;
    internal const int LinkMtu = 4;
    internal const int LinkMaster = 10;
    internal const int LinkInfo = 18;
    internal const int LinkAlias = 20;
    private const int LinkNamespaceFd = 28;
    private const int Up = 1;

    /// <summary>A bridge that is up, with a fixed hardware address so that it does not change with its ports.</summary>
    public static MessageBuilder AddBridge(this MessageBuilder messages, string name, ReadOnlySpan<byte> mac, int mtu)
    {
        _ = messages.Begin(NewLink, MessageFlags.Create | MessageFlags.Exclusive | MessageFlags.Acknowledge, LinkHeader(0, Up, Up));
        _ = messages.Put(LinkName, name).Put(LinkAddress, mac).PutInt(LinkMtu, mtu);
        int info = messages.Nest(LinkInfo);
        return messages.Put(1, "bridge").Unnest(info);
    }

    /// <summary>
    /// A veth pair in one message: this end attached to <paramref name="master"/> and up, the other born directly in the namespace behind
    /// <paramref name="peerNamespace"/>, named and with its hardware address. The peer is brought up later: the kernel knows no partner for it yet.
    /// </summary>
    public static MessageBuilder AddVeth(this MessageBuilder messages, string name, int master, int mtu, string peerName, ReadOnlySpan<byte> peerMac,
        FileDescriptor peerNamespace)
    {
        _ = messages.Begin(NewLink, MessageFlags.Create | MessageFlags.Exclusive | MessageFlags.Acknowledge, LinkHeader(0, Up, Up));
        _ = messages.Put(LinkName, name).PutInt(LinkMtu, mtu);
        if (master != 0)
            _ = messages.PutInt(LinkMaster, master);
        int info = messages.Nest(LinkInfo);
        _ = messages.Put(1, "veth");
        int data = messages.Nest(2);
        int peer = messages.Nest(1); // VETH_INFO_PEER
        _ = messages.Append(LinkHeader(0, 0, 0)).Put(LinkName, peerName).Put(LinkAddress, peerMac).PutInt(LinkMtu, mtu)
            .PutInt(LinkNamespaceFd, peerNamespace.Number);
        return messages.Unnest(peer).Unnest(data).Unnest(info);
    }

    /// <summary>Deletes a link by name.</summary>
    public static MessageBuilder RemoveLink(this MessageBuilder messages, string name) =>
        messages.Begin(DelLink, MessageFlags.Acknowledge, LinkHeader(0, 0, 0)).Put(LinkName, name);

    /// <summary>Brings a link up.</summary>
    public static MessageBuilder SetUp(this MessageBuilder messages, int index) =>
        messages.Begin(NewLink, MessageFlags.Acknowledge, LinkHeader(index, Up, Up));

    /// <summary>Gives a link the free text that says whose it is.</summary>
    public static MessageBuilder SetAlias(this MessageBuilder messages, string name, string alias) =>
        messages.Begin(SetLink, MessageFlags.Acknowledge, LinkHeader(0, 0, 0)).Put(LinkName, name)
            .Put(LinkAlias, System.Text.Encoding.UTF8.GetBytes(alias));

    /// <summary>Changes a link's MTU.</summary>
    public static MessageBuilder SetMtu(this MessageBuilder messages, string name, int mtu) =>
        messages.Begin(SetLink, MessageFlags.Acknowledge, LinkHeader(0, 0, 0)).Put(LinkName, name).PutInt(LinkMtu, mtu);

    /// <summary>Renames a link that is down.</summary>
    public static MessageBuilder SetName(this MessageBuilder messages, int index, string name) =>
        messages.Begin(SetLink, MessageFlags.Acknowledge, LinkHeader(index, 0, 0)).Put(LinkName, name);

    /// <summary>Attaches a link to a bridge, or detaches it with 0.</summary>
    public static MessageBuilder SetMaster(this MessageBuilder messages, string name, int master) =>
        messages.Begin(SetLink, MessageFlags.Acknowledge, LinkHeader(0, 0, 0)).Put(LinkName, name).PutInt(LinkMaster, master);

    /// <summary>
    /// How a bridge treats one of its ports: hairpin sends frames back where they came from (wanted when the bridge's own netfilter translates a
    /// container's packet to itself), isolated forbids talk with other isolated ports.
    /// </summary>
    public static MessageBuilder SetBridgePort(this MessageBuilder messages, string name, bool hairpin, bool isolated)
    {
        _ = messages.Begin(NewLink, MessageFlags.Acknowledge, LinkHeader(0, 0, 0)).Put(LinkName, name);
        int info = messages.Nest(LinkInfo);
        _ = messages.Put(4, "bridge"); // IFLA_INFO_SLAVE_KIND
        int port = messages.Nest(5); // IFLA_INFO_SLAVE_DATA
        return messages.PutByte(4, (byte)(hairpin ? 1 : 0)).PutByte(33, (byte)(isolated ? 1 : 0)).Unnest(port).Unnest(info);
    }

    /// <summary>Adds an address; IPv6 without duplicate address detection, so that it works at once.</summary>
    public static MessageBuilder AddAddress(this MessageBuilder messages, int index, IPAddress address, int prefixLength)
    {
        byte[] bytes = address.GetAddressBytes();
        Span<byte> header = stackalloc byte[8];
        header[0] = Family(address);
        header[1] = (byte)prefixLength;
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], index);
        _ = messages.Begin(NewAddress, MessageFlags.Create | MessageFlags.Exclusive | MessageFlags.Acknowledge, header).Put(2, bytes).Put(1, bytes);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return messages.PutInt(8, 2); // IFA_FLAGS: IFA_F_NODAD
        if (prefixLength >= 31)
            return messages;
        uint broadcast = BinaryPrimitives.ReadUInt32BigEndian(bytes) | (uint)((1UL << (32 - prefixLength)) - 1);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, broadcast);
        return messages.Put(4, bytes);
    }

    /// <summary>Adds a route of the main table through a gateway; a null destination is the default route.</summary>
    public static MessageBuilder AddRoute(this MessageBuilder messages, IPNetwork? destination, IPAddress gateway, int index) =>
        Route(messages, NewRoute, MessageFlags.Create | MessageFlags.Exclusive | MessageFlags.Acknowledge, destination, gateway, index);

    /// <summary>Removes what <see cref="AddRoute"/> has added; ESRCH when it is not there.</summary>
    public static MessageBuilder RemoveRoute(this MessageBuilder messages, IPNetwork? destination, IPAddress gateway, int index) =>
        Route(messages, DeleteRoute, MessageFlags.Acknowledge, destination, gateway, index);

    private static MessageBuilder Route(MessageBuilder messages, int type, MessageFlags flags, IPNetwork? destination, IPAddress gateway, int index)
    {
        Span<byte> header = stackalloc byte[12];
        header[0] = Family(gateway);
        header[1] = (byte)(destination?.PrefixLength ?? 0);
        header[4] = 254; // RT_TABLE_MAIN
        header[5] = 3; // RTPROT_BOOT
        header[7] = 1; // RTN_UNICAST
        _ = messages.Begin(type, flags, header);
        if (destination is { } network)
            _ = messages.Put(1, network.BaseAddress.GetAddressBytes());
        return messages.Put(5, gateway.GetAddressBytes()).PutInt(4, index);
    }

    internal static byte[] LinkHeader(int index, int flags, int change)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), index);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), flags);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), change);
        return header;
    }

    private static byte Family(IPAddress address) =>
        (byte)(address.AddressFamily == AddressFamily.InterNetworkV6 ? Linux.Socket.AF_INET6 : Linux.Socket.AF_INET);
}
