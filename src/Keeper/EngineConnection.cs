using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>One connected engine: reads its requests, answers them, tells it of ended processes. A malformed packet ends the connection.</summary>
internal sealed class EngineConnection : IWaiter
{
    /// <summary>An engine that is so far behind has failed, and asks for a list when it is back.</summary>
    private const int MaxUnsent = 16 * 1024;
    private const int MaxBurst = 256;
    private readonly EventLoop _loop;
    private readonly ProcessTable _table;
    private readonly FileDescriptor _socket;
    private readonly Action<EngineConnection> _closed;
    private readonly ulong _token;
    private readonly PacketWriter _writer = new();
    private readonly byte[] _buffer = new byte[PacketWriter.MaxPacket];
    private readonly Queue<(byte[] Packet, FileDescriptor[] Descriptors)> _unsent = new();
    private bool _isClosed;

    public EngineConnection(EventLoop loop, ProcessTable table, FileDescriptor socket, Action<EngineConnection> closed)
    {
        (_loop, _table, _socket, _closed) = (loop, table, socket, closed);
        _token = loop.Watch(socket, Epoll.EPOLLIN, this);
    }

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        if ((events & Epoll.EPOLLOUT) != 0)
            SendRest();
        if (_isClosed || (events & ~Epoll.EPOLLOUT) == 0)
            return;
        // All that is there, at once: what an engine has left behind is done before the next one, which connects later, is answered.
        for (int packets = 0; packets < MaxBurst && ReceiveOne(); packets++)
        {
        }
    }

    /// <summary>Receives and handles one packet; false when there is none.</summary>
    private bool ReceiveOne()
    {
        List<FileDescriptor> descriptors = [];
        Errno errno = Socket.TryReceive(_socket, _buffer, descriptors, out int length, Socket.MSG_DONTWAIT);
        if (errno == Errno.EAGAIN)
            return false;
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
        return !_isClosed;
    }

    /// <summary>Sends a notice of an ended process.</summary>
    public void Tell(ProcessNotice notice) => Send(Write(_writer.Start(MessageType.Exited, 0), notice));

    /// <summary>Sends a notice of an input that is closed: a copy that the engine holds would keep it open.</summary>
    public void TellInputClosed(string key) => Send(_writer.Start(MessageType.InputClosed, 0).Text(key));

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
                _table.Forget(reader.Text(), reader.UInt32() != 0);
                Reply(request, Errno.None);
                break;
            case MessageType.List:
                foreach (ManagedProcess process in _table.All)
                    SendWithStreams(Write(_writer.Start(MessageType.Record, request), process.Notice), process, withPidFd: !process.Ended);
                Reply(request, Errno.None);
                break;
            case MessageType.Follow:
                Follow(ref reader, request, descriptors);
                break;
            case MessageType.Adopt:
                Adopt(ref reader, request, descriptors);
                break;
            case MessageType.Report:
                _table.Report(reader.Int32(), new ExitStatus(reader.Int32(), reader.Int32()));
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

    private void Adopt(ref PacketReader reader, uint request, List<FileDescriptor> descriptors)
    {
        string key = reader.Text();
        int pid = reader.Int32();
        bool parentReports = reader.UInt32() != 0;
        HeldStream streams = (HeldStream)reader.UInt32();
        bool hasLog = reader.UInt32() != 0;
        LogOptions log = new(reader.Text(), reader.Int64(), reader.Int32());
        Queue<FileDescriptor> rest = new(descriptors);
        FileDescriptor? Next(bool present) => !present ? null : rest.TryDequeue(out FileDescriptor? fd) ? fd : throw new FormatException("adopt lacks descriptors");
        using AdoptOrder order = new(key, pid, parentReports)
        {
            PidFd = Next(true),
            LogDirectory = Next(hasLog),
            Input = Next((streams & HeldStream.Input) != 0),
            Terminal = Next((streams & HeldStream.Terminal) != 0),
            Log = hasLog ? log : null,
        };
        Reply(request, _table.Adopt(order));
    }

    private void Follow(ref PacketReader reader, uint request, List<FileDescriptor> descriptors)
    {
        (string key, int pid) = (reader.Text(), reader.Int32());
        (ushort rows, ushort columns) = ((ushort)reader.UInt32(), (ushort)reader.UInt32());
        if (descriptors.Count > 1)
            throw new FormatException("follow takes one descriptor");
        ManagedProcess? followed = _table.Follow(key, pid, descriptors.FirstOrDefault(), (rows, columns));
        AnswerSpawn(request, followed, -1, Errno.ESRCH);
    }

    private void AnswerSpawn(uint request, ManagedProcess? process, int operation, Errno errno)
    {
        if (process is not null)
            SendWithStreams(_writer.Start(MessageType.Spawned, request).Int32(process.Pid), process, withPidFd: true);
        else
            Send(_writer.Start(MessageType.Failed, request).Int32(operation).Int32((int)errno));
    }

    private void Reply(uint request, Errno errno) =>
        Send(errno == Errno.None ? _writer.Start(MessageType.Done, request) : _writer.Start(MessageType.Failed, request).Int32(-1).Int32((int)errno));

    private static PacketWriter Write(PacketWriter writer, ProcessNotice notice) => writer.Text(notice.Key).Int32(notice.Pid)
        .UInt32(notice.Running ? 1u : 0u).Int32(notice.Code).Int32(notice.Signal).Int64(notice.EndedUnixNanoseconds);

    /// <summary>With the streams of a process that runs.</summary>
    private void SendWithStreams(PacketWriter packet, ManagedProcess process, bool withPidFd)
    {
        IReadOnlyList<(HeldStream Kind, FileDescriptor Descriptor)> streams = process.Ended ? [] : process.Streams;
        _ = packet.UInt32(streams.Aggregate(0u, (mask, stream) => mask | (uint)stream.Kind));
        FileDescriptor[] pidFd = withPidFd ? [process.PidFd] : [];
        Send(packet, [.. pidFd, .. streams.OrderBy(stream => stream.Kind).Select(stream => stream.Descriptor)]);
    }

    private void Send(PacketWriter packet, params FileDescriptor[] descriptors)
    {
        if (_isClosed)
            return;
        Errno errno = _unsent.Count > 0 ? Errno.EAGAIN : Socket.TrySend(_socket, packet.Packet, descriptors, Socket.MSG_DONTWAIT);
        if (errno == Errno.EAGAIN && _unsent.Count < MaxUnsent)
        {
            // A long list is more than the socket holds.
            _unsent.Enqueue((packet.Packet.ToArray(), [.. descriptors.Select(fd => fd.Duplicate())]));
            _loop.Change(_socket, Epoll.EPOLLIN | Epoll.EPOLLOUT, _token);
        }
        else if (errno != Errno.None)
        {
            Close();
        }
    }

    private void SendRest()
    {
        while (_unsent.TryPeek(out (byte[] Packet, FileDescriptor[] Descriptors) next))
        {
            Errno errno = Socket.TrySend(_socket, next.Packet, next.Descriptors, Socket.MSG_DONTWAIT);
            if (errno == Errno.EAGAIN)
                return;
            if (errno != Errno.None)
            {
                Close();
                return;
            }
            DropUnsent();
        }
        _loop.Change(_socket, Epoll.EPOLLIN, _token);
    }

    private void DropUnsent()
    {
        foreach (FileDescriptor fd in _unsent.Dequeue().Descriptors)
            fd.Dispose();
    }

    private void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        while (_unsent.Count > 0)
            DropUnsent();
        _loop.Forget(_socket, _token);
        _socket.Dispose();
        _closed(this);
    }
}
