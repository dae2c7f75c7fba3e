using System.Collections.Concurrent;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Keeper.Protocol;

/// <summary>
/// The engine's connection to its keeper. Thread-safe; one background thread receives. When the keeper goes away every waiting call fails with
/// <see cref="ErrorKind.Unavailable"/> and <see cref="Disconnected"/> is raised once.
/// </summary>
public sealed class KeeperClient : IDisposable
{
    private sealed class Pending(string? key)
    {
        public readonly string? Key = key;
        public readonly TaskCompletionSource<SpawnOutcome> Outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public readonly List<(ProcessNotice, FileDescriptor?)> Records = [];
    }

    private readonly FileDescriptor _socket;
    private readonly Lock _sendLock = new();
    private readonly PacketWriter _writer = new();
    private readonly ConcurrentDictionary<uint, Pending> _pending = new();
    private readonly HeldStreams _held;
    private uint _lastRequest;
    private volatile bool _closed;

    private KeeperClient(FileDescriptor socket, HeldStreams held) => (_socket, _held) = (socket, held);

    /// <summary>A process has ended; raised on the receiving thread, in order. Handlers must not block.</summary>
    public event Action<ProcessNotice>? Exited;

    /// <summary>The keeper has gone away.</summary>
    public event Action? Disconnected;

    /// <summary>
    /// Connects to a keeper's socket; null when nobody listens there. Call <see cref="Begin"/> after subscribing to the events. What processes must not
    /// lose is kept in <paramref name="held"/>, for the keeper after this one.
    /// </summary>
    public static KeeperClient? TryConnect(string socketPath, HeldStreams? held = null)
    {
        FileDescriptor socket = Socket.Create(Socket.AF_UNIX, Socket.SOCK_SEQPACKET);
        Errno errno = Socket.TryConnectUnix(socket, socketPath);
        if (errno == Errno.None)
            return new KeeperClient(socket, held ?? new HeldStreams());
        socket.Dispose();
        return errno is Errno.ENOENT or Errno.ECONNREFUSED ? null : throw new SyscallException("connect", errno, socketPath);
    }

    /// <summary>True once the keeper has gone away.</summary>
    public bool IsGone => _closed;

    /// <summary>Starts receiving.</summary>
    public void Begin() => new Thread(Receive) { IsBackground = true, Name = "keeper-client" }.Start();

    /// <summary>Starts a process; completes when its execve succeeded or the program failed.</summary>
    public Task<SpawnOutcome> SpawnAsync(SpawnRequest request)
    {
        List<FileDescriptor> descriptors = [request.Program];
        if (request.Cgroup is not null)
            descriptors.Add(request.Cgroup);
        if (request.PidNamespaceOf is not null)
            descriptors.Add(request.PidNamespaceOf);
        if (request.Log is not null)
            descriptors.Add(request.Log.Value.Directory);
        descriptors.AddRange(request.Passed);
        StdioFlags stdio = request.Stdio | (request.Log is null ? 0 : StdioFlags.Log);
        return SendAsync(MessageType.Spawn, writer => writer.Text(request.Key)
            .Int64((long)request.Namespaces).UInt32((uint)stdio)
            .UInt32(request.WindowSize.Rows).UInt32(request.WindowSize.Columns)
            .UInt32(request.Cgroup is null ? 0u : 1u).UInt32(request.PidNamespaceOf is null ? 0u : 1u)
            .Text(request.Log?.Options.FileName ?? "").Int64(request.Log?.Options.MaxSize ?? 0).Int32(request.Log?.Options.MaxFiles ?? 0),
            descriptors, request.Key);
    }

    /// <summary>
    /// Puts a child of the keeper's that a spawned process has made (as criu does) in that one's place, which may end then: streams, log and exit are the child's.
    /// </summary>
    public Task<SpawnOutcome> FollowAsync(string key, int pid, FileDescriptor? terminal, (ushort Rows, ushort Columns) size) =>
        SendAsync(MessageType.Follow, writer => writer.Text(key).Int32(pid).UInt32(size.Rows).UInt32(size.Columns), terminal is null ? [] : [terminal], key);

    /// <summary>Lets a new keeper take over a process of one that has died; false when it knows the process already.</summary>
    public async Task<bool> AdoptAsync(AdoptRequest request)
    {
        List<FileDescriptor> descriptors = [request.PidFd];
        if (request.Log is not null)
            descriptors.Add(request.Log.Value.Directory);
        HeldStream streams = _held.Find(request.Key, HeldStream.Input | HeldStream.Terminal, descriptors);
        LogOptions? log = request.Log?.Options;
        SpawnOutcome outcome = await SendAsync(MessageType.Adopt, writer => writer.Text(request.Key).Int32(request.Pid)
            .UInt32(request.ParentReports ? 1u : 0u).UInt32((uint)streams)
            .UInt32(log is null ? 0u : 1u).Text(log?.FileName ?? "").Int64(log?.MaxSize ?? 0).Int32(log?.MaxFiles ?? 0), descriptors);
        return outcome.Errno switch
        {
            Errno.None => true,
            Errno.EEXIST => false,
            Errno errno => throw TareException.Internal($"hand {request.Key} over to the keeper: {errno.Describe()}"),
        };
    }

    /// <summary>Tells how an adopted process ended that this process is the parent of.</summary>
    public Task ReportAsync(int pid, ExitStatus status) =>
        SendAsync(MessageType.Report, writer => writer.Int32(pid).Int32(status.Code).Int32(status.Signal), []);

    /// <summary>
    /// Connects a stream socket to a process. Before the process is spawned, the socket waits for it. The socket is shut down when the process has
    /// ended and everything is written; it stays the caller's, the keeper has a copy.
    /// </summary>
    public Task AttachAsync(string key, FileDescriptor stream, AttachFlags flags) =>
        RequireAsync(MessageType.Attach, writer => writer.Text(key).UInt32((uint)flags), [stream], $"attach to {key}");

    /// <summary>Sets the size of a process's terminal.</summary>
    public Task ResizeAsync(string key, ushort rows, ushort columns) =>
        RequireAsync(MessageType.Resize, writer => writer.Text(key).UInt32(rows).UInt32(columns), [], $"resize the terminal of {key}");

    /// <summary>Ends a process's standard input.</summary>
    public Task CloseInputAsync(string key) => RequireAsync(MessageType.CloseInput, writer => writer.Text(key), [], $"close the input of {key}");

    /// <summary>
    /// Lets the keeper forget an ended process. Unknown keys are fine, and a keeper that has gone remembers nothing. With <paramref name="keepStreams"/> those
    /// attached with <see cref="AttachFlags.AcrossRestarts"/> wait for the next process of this key.
    /// </summary>
    public async Task ForgetAsync(string key, bool keepStreams = false)
    {
        try
        {
            _ = await SendAsync(MessageType.Forget, writer => writer.Text(key).UInt32(keepStreams ? 1u : 0u), []);
        }
        catch (TareException error) when (error.Kind == ErrorKind.Unavailable)
        {
            // The next keeper is told of running processes only.
        }
    }

    /// <summary>Everything the keeper holds; the pidfds of running processes belong to the caller.</summary>
    public async Task<IReadOnlyList<(ProcessNotice Notice, FileDescriptor? PidFd)>> ListAsync()
    {
        Pending pending = Send(MessageType.List, _ => { }, []);
        _ = await pending.Outcome.Task;
        return pending.Records;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _closed = true;
        try
        {
            _ = Socket.TryShutdown(_socket, 2);
        }
        catch (ObjectDisposedException)
        {
            // The keeper has gone before.
            return;
        }
    }

    private async Task RequireAsync(MessageType type, Action<PacketWriter> fields, IReadOnlyList<FileDescriptor> descriptors, string what)
    {
        SpawnOutcome outcome = await SendAsync(type, fields, descriptors);
        if (outcome.Errno != Errno.None)
        {
            ErrorKind kind = outcome.Errno is Errno.ESRCH or Errno.ENOENT ? ErrorKind.NotFound : ErrorKind.Internal;
            throw new TareException(kind, $"{what}: {outcome.Errno.Describe()}");
        }
    }

    private Task<SpawnOutcome> SendAsync(MessageType type, Action<PacketWriter> fields, IReadOnlyList<FileDescriptor> descriptors, string? key = null) =>
        Send(type, fields, descriptors, key).Outcome.Task;

    private Pending Send(MessageType type, Action<PacketWriter> fields, IReadOnlyList<FileDescriptor> descriptors, string? key = null)
    {
        Pending pending = new(key);
        lock (_sendLock)
        {
            uint number = ++_lastRequest;
            _pending[number] = pending;
            fields(_writer.Start(type, number));
            Errno errno = _closed ? Errno.EPIPE : Socket.TrySend(_socket, _writer.Packet, [.. descriptors]);
            // Whoever is told that the keeper is gone finds it gone, also before the receiving thread has seen it.
            _closed |= errno is Errno.EPIPE or Errno.ECONNRESET;
            if (errno != Errno.None && _pending.TryRemove(number, out _))
                pending.Outcome.SetException(Gone(errno));
        }
        return pending;
    }

    private void Receive()
    {
        byte[] buffer = new byte[PacketWriter.MaxPacket];
        List<FileDescriptor> descriptors = [];
        Errno errno;
        while (true)
        {
            descriptors.Clear();
            errno = Socket.TryReceive(_socket, buffer, descriptors, out int length);
            if (errno != Errno.None || length == 0)
                break;
            Dispatch(buffer.AsSpan(0, length), descriptors);
        }
        _closed = true;
        foreach (uint number in _pending.Keys)
            if (_pending.TryRemove(number, out Pending? pending))
                pending.Outcome.SetException(Gone(errno));
        // Not while somebody sends.
        lock (_sendLock)
            _socket.Dispose();
        Disconnected?.Invoke();
    }

    private void Dispatch(ReadOnlySpan<byte> packet, List<FileDescriptor> descriptors)
    {
        PacketReader reader = new(packet);
        FileDescriptor? attached = descriptors.Count > 0 ? descriptors[0] : null;
        switch (reader.Type)
        {
            case MessageType.Exited:
                ProcessNotice ended = ReadNotice(ref reader);
                _held.Drop(ended.Key, ~HeldStream.None);
                Exited?.Invoke(ended);
                break;
            case MessageType.InputClosed:
                _held.Drop(reader.Text(), HeldStream.Input);
                break;
            case MessageType.Record when _pending.TryGetValue(reader.Request, out Pending? listing):
                ProcessNotice known = ReadNotice(ref reader);
                _held.Keep(known.Key, (HeldStream)reader.UInt32(), descriptors[Math.Min(1, descriptors.Count)..]);
                listing.Records.Add((known, attached));
                break;
            case MessageType.Spawned when _pending.TryRemove(reader.Request, out Pending? spawned):
                int pid = reader.Int32();
                _held.Keep(spawned.Key!, (HeldStream)reader.UInt32(), descriptors[1..]);
                spawned.Outcome.SetResult(new SpawnOutcome(pid, attached, 0, Errno.None));
                break;
            case MessageType.Failed when _pending.TryRemove(reader.Request, out Pending? failed):
                failed.Outcome.SetResult(new SpawnOutcome(0, null, reader.Int32(), (Errno)reader.Int32()));
                break;
            case MessageType.Done when _pending.TryRemove(reader.Request, out Pending? done):
                done.Outcome.SetResult(new SpawnOutcome(0, null, 0, Errno.None));
                break;
            default:
                break;
        }
    }

    private static ProcessNotice ReadNotice(ref PacketReader reader) =>
        new(reader.Text(), reader.Int32(), reader.UInt32() != 0, reader.Int32(), reader.Int32(), reader.Int64());

    private static TareException Gone(Errno errno) =>
        new(ErrorKind.Unavailable, $"the keeper does not answer ({errno.Describe()}); its containers go on, retry in a moment");
}
