using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>One connected engine: reads its requests, answers them, tells it of ended processes. A malformed packet ends the connection.</summary>
internal sealed class EngineConnection : IWaiter
{
    private readonly EventLoop _loop;
    private readonly ProcessTable _table;
    private readonly FileDescriptor _socket;
    private readonly Action<EngineConnection> _closed;
    private readonly ulong _token;
    private readonly PacketWriter _writer = new();
    private readonly byte[] _buffer = new byte[PacketWriter.MaxPacket];
    private bool _isClosed;

    public EngineConnection(EventLoop loop, ProcessTable table, FileDescriptor socket, Action<EngineConnection> closed)
    {
        (_loop, _table, _socket, _closed) = (loop, table, socket, closed);
        _token = loop.Watch(socket, Epoll.EPOLLIN, this);
    }

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        List<FileDescriptor> descriptors = [];
        Errno errno = Socket.TryReceive(_socket, _buffer, descriptors, out int length, Socket.MSG_DONTWAIT);
        if (errno == Errno.EAGAIN)
            return;
        try
        {
            if (errno != Errno.None || length == 0)
                Close();
            else
                Handle(_buffer.AsSpan(0, length), descriptors);
        }
        catch (FormatException)
        {
            foreach (FileDescriptor fd in descriptors)
                fd.Dispose();
            Close();
        }
    }

    /// <summary>Sends a notice of an ended process.</summary>
    public void Tell(ProcessNotice notice) => Send(Write(_writer.Start(MessageType.Exited, 0), notice));

    private void Handle(ReadOnlySpan<byte> packet, List<FileDescriptor> descriptors)
    {
        PacketReader reader = new(packet);
        uint request = reader.Request;
        switch (reader.Type)
        {
            case MessageType.Spawn:
                Spawn(ref reader, request, descriptors);
                break;
            case MessageType.Attach:
                string key = reader.Text();
                AttachFlags flags = (AttachFlags)reader.UInt32();
                if (descriptors.Count != 1)
                    throw new FormatException("attach needs one descriptor");
                _table.Attach(key, descriptors[0], flags);
                Reply(request, Errno.None);
                break;
            case MessageType.Resize:
                ManagedProcess? resized = _table.Find(reader.Text());
                Reply(request, resized?.Resize((ushort)reader.UInt32(), (ushort)reader.UInt32()) ?? Errno.ESRCH);
                break;
            case MessageType.CloseInput:
                ManagedProcess? closing = _table.Find(reader.Text());
                closing?.CloseInput();
                Reply(request, closing is null ? Errno.ESRCH : Errno.None);
                break;
            case MessageType.Forget:
                _table.Forget(reader.Text());
                Reply(request, Errno.None);
                break;
            case MessageType.List:
                foreach (ManagedProcess process in _table.All)
                    Send(Write(_writer.Start(MessageType.Record, request), process.Notice), process.Ended ? null : process.PidFd);
                Reply(request, Errno.None);
                break;
            default:
                throw new FormatException($"unknown message {reader.Type}");
        }
    }

    private void Spawn(ref PacketReader reader, uint request, List<FileDescriptor> descriptors)
    {
        string key = reader.Text();
        ulong namespaces = (ulong)reader.Int64();
        StdioFlags stdio = (StdioFlags)reader.UInt32();
        ushort rows = (ushort)reader.UInt32();
        ushort columns = (ushort)reader.UInt32();
        bool hasCgroup = reader.UInt32() != 0;
        bool hasPidNamespace = reader.UInt32() != 0;
        LogOptions log = new(reader.Text(), reader.Int64(), reader.Int32());
        bool hasLog = (stdio & StdioFlags.Log) != 0;
        int leading = 1 + (hasCgroup ? 1 : 0) + (hasPidNamespace ? 1 : 0) + (hasLog ? 1 : 0);
        if (descriptors.Count < leading)
            throw new FormatException("spawn lacks descriptors");
        int next = 0;
        using SpawnOrder order = new()
        {
            Key = key,
            Namespaces = namespaces,
            Stdio = stdio,
            Rows = rows,
            Columns = columns,
            Program = descriptors[next++],
            Cgroup = hasCgroup ? descriptors[next++] : null,
            PidNamespaceOf = hasPidNamespace ? descriptors[next++] : null,
            LogDirectory = hasLog ? descriptors[next++] : null,
            Log = hasLog ? log : null,
            Passed = descriptors[next..],
        };
        _table.Spawn(order, (process, operation, errno) => AnswerSpawn(request, process, operation, errno));
    }

    private void AnswerSpawn(uint request, ManagedProcess? process, int operation, Errno errno)
    {
        if (process is not null)
            Send(_writer.Start(MessageType.Spawned, request).Int32(process.Pid), process.PidFd);
        else
            Send(_writer.Start(MessageType.Failed, request).Int32(operation).Int32((int)errno));
    }

    private void Reply(uint request, Errno errno) =>
        Send(errno == Errno.None ? _writer.Start(MessageType.Done, request) : _writer.Start(MessageType.Failed, request).Int32(-1).Int32((int)errno));

    private static PacketWriter Write(PacketWriter writer, ProcessNotice notice) => writer.Text(notice.Key).Int32(notice.Pid)
        .UInt32(notice.Running ? 1u : 0u).Int32(notice.Code).Int32(notice.Signal).Int64(notice.EndedUnixNanoseconds);

    private void Send(PacketWriter packet, FileDescriptor? descriptor = null)
    {
        if (_isClosed)
            return;
        // The engine always reads; one that does not for so long that its socket is full has failed, and asks for a list when it is back.
        Errno errno = Socket.TrySend(_socket, packet.Packet, descriptor is null ? [] : [descriptor], Socket.MSG_DONTWAIT);
        if (errno != Errno.None)
            Close();
    }

    private void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _loop.Forget(_socket, _token);
        _socket.Dispose();
        _closed(this);
    }
}
