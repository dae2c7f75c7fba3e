using System.Buffers.Binary;
using Tare.Linux;

namespace Tare.Netlink;

/// <summary>Handles one message of a dump: its type and everything behind the netlink header.</summary>
public delegate void DumpHandler(int type, ReadOnlySpan<byte> payload);

/// <summary>
/// One AF_NETLINK socket in the network namespace of the thread that opened it. Requests are serialised by a lock; the kernel handles them inside
/// sendmsg, so their answers are in the queue when it returns.
/// </summary>
public sealed class NetlinkSocket : IDisposable
{
    public const int Route = 0;
    public const int Netfilter = 12;
    private const int SolNetlink = 270;
    private const int CapAck = 10;
    private const int ExtAck = 11;
    private const int AddMembership = 1;
    private const int SendBufferForce = 32;
    private const int ReceiveBufferForce = 33;
    private readonly FileDescriptor _fd;
    private readonly Lock _lock = new();
    private readonly List<FileDescriptor> _none = [];
    private byte[] _buffer = new byte[32 * 1024];
    private uint _sequence = 1;

    private NetlinkSocket(FileDescriptor fd) => _fd = fd;

    /// <summary>The descriptor, for waiting on a monitor group.</summary>
    public FileDescriptor Descriptor => _fd;

    /// <summary>The kernel's name for this socket, which it puts into notifications that this socket caused; 0 before the first request.</summary>
    public uint Port { get; private set; }

    /// <summary>Opens a socket of <see cref="Route"/> or <see cref="Netfilter"/> in the calling thread's network namespace.</summary>
    public static NetlinkSocket Open(int protocol)
    {
        FileDescriptor fd = Linux.Socket.Create(Linux.Socket.AF_NETLINK, Linux.Socket.SOCK_RAW, protocol);
        Linux.Socket.SetOption(fd, SolNetlink, CapAck, 1);
        Linux.Socket.SetOption(fd, SolNetlink, ExtAck, 1);
        return new NetlinkSocket(fd);
    }

    /// <summary>Opens a socket that receives the notifications of a multicast group.</summary>
    public static NetlinkSocket OpenMonitor(int protocol, int group)
    {
        NetlinkSocket socket = Open(protocol);
        byte[] address = new byte[12];
        address[0] = Linux.Socket.AF_NETLINK;
        Linux.Socket.Bind(socket._fd, address);
        Linux.Socket.SetOption(socket._fd, SolNetlink, AddMembership, group);
        return socket;
    }

    /// <summary>Lets one send carry up to <paramref name="bytes"/>, and its answers as much (needs CAP_NET_ADMIN).</summary>
    public void EnlargeBuffers(int bytes)
    {
        Linux.Socket.SetOption(_fd, 1, SendBufferForce, bytes);
        Linux.Socket.SetOption(_fd, 1, ReceiveBufferForce, bytes);
    }

    /// <summary>Sends all messages; throws the first refusal. <paramref name="operation"/> is for the error text.</summary>
    public void Transact(MessageBuilder messages, string operation)
    {
        Errno errno = TryTransact(messages, out string? detail, out _);
        if (errno != Errno.None)
            throw new NetlinkException(operation, errno, detail);
    }

    /// <summary>
    /// Sends all messages and collects their acknowledgements. Returns the first error with the kernel's text and the index of the message it belongs
    /// to. The last message is always acknowledged, so that silence is not taken for success.
    /// </summary>
    public Errno TryTransact(MessageBuilder messages, out string? detail, out int failed, DumpHandler? onMessage = null)
    {
        messages.AddFlags(MessageFlags.Acknowledge);
        lock (_lock)
        {
            Send(messages);
            detail = null;
            failed = -1;
            Errno first = Errno.None;
            while (true)
            {
                Errno errno = Receive(Linux.Socket.MSG_DONTWAIT, out int length);
                if (errno == Errno.EAGAIN)
                    return first;
                if (errno == Errno.ENOBUFS)
                    continue;
                if (errno != Errno.None)
                    throw new NetlinkException("receive from netlink", errno);
                var reader = new MessageReader(_buffer.AsSpan(0, length));
                while (reader.Read())
                {
                    uint index = reader.Sequence - messages.FirstSequence;
                    if (index >= messages.Count)
                        continue;
                    Port = reader.Port;
                    if (reader.Type != MessageReader.Error)
                    {
                        onMessage?.Invoke(reader.Type, reader.Payload);
                        continue;
                    }
                    Errno result = ReadError(reader.Payload, reader.Flags, out string? text);
                    if (result == Errno.None || first != Errno.None)
                        continue;
                    first = result;
                    detail = text;
                    failed = (int)index;
                }
            }
        }
    }

    /// <summary>Sends one dump request and hands over every answer; starts again when the kernel says that the list changed meanwhile.</summary>
    public void Dump(Func<MessageBuilder> request, DumpHandler handler, Action restart, string operation)
    {
        for (int tries = 0; ; tries++)
        {
            restart();
            if (DumpOnce(request(), handler, operation) || tries == 10)
                return;
        }
    }

    /// <summary>Waits for the next notification datagram; blocking.</summary>
    public Errno TryReceive(out ReadOnlySpan<byte> datagram)
    {
        Errno errno = Receive(0, out int length);
        datagram = _buffer.AsSpan(0, length);
        return errno;
    }

    /// <summary>Throws away what is in the queue now.</summary>
    public void Drain()
    {
        Errno errno;
        do
            errno = Receive(Linux.Socket.MSG_DONTWAIT, out _);
        while (errno is Errno.None or Errno.ENOBUFS);
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private bool DumpOnce(MessageBuilder request, DumpHandler handler, string operation)
    {
        lock (_lock)
        {
            Send(request);
            bool consistent = true;
            while (true)
            {
                Errno errno = Receive(0, out int length);
                if (errno != Errno.None)
                    throw new NetlinkException(operation, errno);
                var reader = new MessageReader(_buffer.AsSpan(0, length));
                while (reader.Read())
                {
                    if (reader.Sequence != request.FirstSequence)
                        continue;
                    consistent &= (reader.Flags & MessageFlags.DumpInterrupted) == 0;
                    if (reader.Type == MessageReader.Done)
                        return consistent;
                    if (reader.Type != MessageReader.Error)
                    {
                        handler(reader.Type, reader.Payload);
                        continue;
                    }
                    Errno result = ReadError(reader.Payload, reader.Flags, out string? text);
                    if (result == Errno.EINTR)
                        return false;
                    if (result != Errno.None)
                        throw new NetlinkException(operation, result, text);
                    return consistent;
                }
            }
        }
    }

    private void Send(MessageBuilder messages)
    {
        ReadOnlySpan<byte> data = messages.Complete(_sequence);
        _sequence += (uint)messages.Count;
        Errno errno = Linux.Socket.TrySend(_fd, data);
        if (errno == Errno.EMSGSIZE)
        {
            EnlargeBuffers((data.Length * 2) + 65536);
            errno = Linux.Socket.TrySend(_fd, data);
        }
        if (errno != Errno.None)
            throw new NetlinkException("send to netlink", errno);
    }

    private Errno Receive(int flags, out int length) => Linux.Socket.TryReceive(_fd, _buffer, _none, out length, flags);

    private static Errno ReadError(ReadOnlySpan<byte> payload, MessageFlags flags, out string? text)
    {
        text = null;
        if (payload.Length < 4)
            return Errno.EBADMSG;
        int error = -BinaryPrimitives.ReadInt32LittleEndian(payload);
        if (error != 0 && ((int)flags & 0x200) != 0 && payload.Length >= 20) // NLM_F_ACK_TLVS
        {
            // With NETLINK_CAP_ACK only the header of the request is repeated, unless the kernel says that it was not capped.
            int repeated = ((int)flags & 0x100) != 0 ? 16 : (int)BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
            if (repeated >= 16 && 4 + repeated <= payload.Length)
            {
                var attributes = new AttributeReader(payload[(4 + ((repeated + 3) & ~3))..]);
                while (attributes.Read())
                {
                    if (attributes.Type == 1) // NLMSGERR_ATTR_MSG
                        text = attributes.Text;
                }
            }
        }
        return (Errno)error;
    }
}
