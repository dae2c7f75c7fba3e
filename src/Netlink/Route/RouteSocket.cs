using System.Buffers.Binary;
using System.Net;
using Tare.Linux;

namespace Tare.Netlink.Route;

/// <summary>rtnetlink of one network namespace: lists and lookups, and sends of <see cref="RouteMessages"/>. Thread-safe.</summary>
public sealed class RouteSocket : IDisposable
{
    private readonly NetlinkSocket _socket;

    private RouteSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens in the network namespace of the calling thread.</summary>
    public static RouteSocket Open() => new(NetlinkSocket.Open(NetlinkSocket.Route));

    /// <summary>Sends messages in one go; throws <see cref="NetlinkException"/> for the first that is refused.</summary>
    public void Send(MessageBuilder messages, string operation) => _socket.Transact(messages, operation);

    /// <summary>As <see cref="Send"/>, returning the error number and the kernel's text.</summary>
    public Errno TrySend(MessageBuilder messages, out string? detail) => _socket.TryTransact(messages, out detail, out _);

    /// <summary>Finds an interface by name; null when there is none.</summary>
    public LinkRecord? FindLink(string name)
    {
        LinkRecord? found = null;
        MessageBuilder request = new MessageBuilder().Begin(RouteMessages.GetLink, MessageFlags.None, RouteMessages.LinkHeader(0, 0, 0))
            .Put(RouteMessages.LinkName, name);
        Errno errno = _socket.TryTransact(request, out string? detail, out _, (type, payload) =>
        {
            if (type == RouteMessages.NewLink)
                found = ParseLink(payload);
        });
        return errno is Errno.None or Errno.ENODEV ? found : throw new NetlinkException($"look up link {name}", errno, detail);
    }

    /// <summary>All interfaces.</summary>
    public List<LinkRecord> Links()
    {
        var links = new List<LinkRecord>();
        Dump(RouteMessages.GetLink, RouteMessages.LinkHeader(0, 0, 0), (type, payload) =>
        {
            if (type == RouteMessages.NewLink && ParseLink(payload) is { } link)
                links.Add(link);
        }, links.Clear, "list links");
        return links;
    }

    /// <summary>All addresses of both families.</summary>
    public List<AddressRecord> Addresses()
    {
        var addresses = new List<AddressRecord>();
        Dump(RouteMessages.GetAddress, new byte[8], (type, payload) =>
        {
            if (type != RouteMessages.NewAddress || payload.Length < 8)
                return;
            IPAddress? address = null;
            var reader = new AttributeReader(payload[8..]);
            while (reader.Read())
            {
                if (reader.Type is 2 || (reader.Type is 1 && address is null))
                    address = reader.Value.Length is 4 or 16 ? new IPAddress(reader.Value) : null;
            }
            if (address is not null)
                addresses.Add(new AddressRecord(BinaryPrimitives.ReadInt32LittleEndian(payload[4..]), address, payload[1]));
        }, addresses.Clear, "list addresses");
        return addresses;
    }

    /// <summary>The unicast routes of the main table, both families.</summary>
    public List<RouteRecord> Routes()
    {
        var routes = new List<RouteRecord>();
        Dump(RouteMessages.GetRoute, new byte[12], (type, payload) =>
        {
            if (type == RouteMessages.NewRoute && ParseRoute(payload) is { } route)
                routes.Add(route);
        }, routes.Clear, "list routes");
        return routes;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Dump(int type, byte[] header, DumpHandler handler, Action restart, string operation) =>
        _socket.Dump(() => new MessageBuilder().Begin(type, MessageFlags.Dump, header), handler, restart, operation);

    private static LinkRecord? ParseLink(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 16)
            return null;
        int index = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        bool up = (payload[8] & 1) != 0;
        string name = "";
        string? kind = null, alias = null;
        int master = 0, mtu = 0;
        byte[] address = [];
        var reader = new AttributeReader(payload[16..]);
        while (reader.Read())
        {
            switch (reader.Type)
            {
                case RouteMessages.LinkName: name = reader.Text; break;
                case RouteMessages.LinkAddress: address = reader.Value.ToArray(); break;
                case RouteMessages.LinkMtu: mtu = reader.Int; break;
                case RouteMessages.LinkMaster: master = reader.Int; break;
                case RouteMessages.LinkAlias: alias = reader.Text; break;
                case RouteMessages.LinkInfo:
                    var info = new AttributeReader(reader.Value);
                    while (info.Read())
                    {
                        if (info.Type == 1)
                            kind = info.Text;
                    }
                    break;
            }
        }
        return new LinkRecord(index, name, kind, master, mtu, up, alias, address);
    }

    private static RouteRecord? ParseRoute(ReadOnlySpan<byte> payload)
    {
        // Family, destination length, table RT_TABLE_MAIN, type RTN_UNICAST.
        if (payload.Length < 12 || payload[0] is not (2 or 10) || payload[4] != 254 || payload[7] != 1)
            return null;
        IPAddress destination = payload[0] == 2 ? IPAddress.Any : IPAddress.IPv6Any;
        IPAddress? gateway = null;
        int link = 0;
        var reader = new AttributeReader(payload[12..]);
        while (reader.Read())
        {
            switch (reader.Type)
            {
                case 1 when reader.Value.Length is 4 or 16: destination = new IPAddress(reader.Value); break;
                case 5 when reader.Value.Length is 4 or 16: gateway = new IPAddress(reader.Value); break;
                case 4: link = reader.Int; break;
            }
        }
        return new RouteRecord(new IPNetwork(destination, payload[1]), gateway, link);
    }
}
