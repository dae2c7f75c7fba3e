using Tare.Errors;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// The keeper: listens for engines and serves them until it has neither an engine nor a process for a while. Its socket's file is removed then.
/// </summary>
public sealed class KeeperServer : IDisposable
{
    private const int QuietMilliseconds = 10_000;
    private const int LockTries = 5_000;
    private readonly FileDescriptor _lock;
    private readonly EventLoop _loop = new();
    private readonly StreamDirectory _streams;
    private readonly LogJournal _journal;
    private readonly Spawner _spawner;
    private readonly ProcessTable _table;
    private readonly List<EngineConnection> _engines = [];
    private readonly FileDescriptor _listener;
    private readonly string _socketPath;

    /// <summary>Listens on a socket file; tare-init is copied into a sealed memory file, so that no container can change it (CVE-2019-5736).</summary>
    public KeeperServer(string socketPath, string initPath)
    {
        _socketPath = socketPath;
        _lock = TakeLock(socketPath);
        _listener = Listen(socketPath);
        _streams = new StreamDirectory(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(socketPath))!, "stdio"));
        _journal = new LogJournal(_streams);
        _spawner = new Spawner(_loop, Memfd.CreateSealed("tare-init", File.ReadAllBytes(initPath)), _streams, _journal);
        _table = new ProcessTable(_loop, _spawner, _streams, _journal)
        {
            Ended = notice => _engines.ToList().ForEach(engine => engine.Tell(notice)),
            InputClosed = key => _engines.ToList().ForEach(engine => engine.TellInputClosed(key)),
        };
        _ = _loop.Watch(_listener, Epoll.EPOLLIN, new Acceptor(this));
    }

    /// <summary>Serves until nobody needs it.</summary>
    public void Run() => _loop.Run(QuietMilliseconds, () =>
    {
        _table.ReapStrangers();
        _loop.Stopped = _engines.Count == 0 && _table.IsEmpty;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(_socketPath);
        _listener.Dispose();
        _spawner.Dispose();
        _journal.Dispose();
        _streams.Dispose();
        _lock.Dispose();
        _loop.Dispose();
    }

    /// <summary>There is one keeper for a socket, whoever starts how many: two would read the same streams.</summary>
    private static FileDescriptor TakeLock(string socketPath)
    {
        FileDescriptor file = Fcntl.Open(socketPath + ".lock", Fcntl.O_RDWR | Fcntl.O_CREAT, 0x180);
        for (int tries = 0; Fcntl.TryLock(file) != Errno.None; tries++)
        {
            using FileDescriptor probe = Socket.Create(Socket.AF_UNIX, Socket.SOCK_SEQPACKET);
            if (Socket.TryConnectUnix(probe, socketPath) == Errno.None || tries == LockTries)
                throw TareException.Conflict($"a keeper already listens on {socketPath}");
            // One that has just been killed, or that does not listen yet.
            Thread.Sleep(1);
        }
        return file;
    }

    private static FileDescriptor Listen(string path)
    {
        File.Delete(path);
        FileDescriptor listener = Socket.Create(Socket.AF_UNIX, Socket.SOCK_SEQPACKET | Socket.SOCK_NONBLOCK);
        uint old = Stat.SetUmask(0x7f /* only the owner may connect */);
        Socket.BindUnix(listener, path);
        _ = Stat.SetUmask(old);
        Socket.Listen(listener, 16);
        return listener;
    }

    private sealed class Acceptor(KeeperServer server) : IWaiter
    {
        public void Ready(uint events)
        {
            if (Socket.TryAccept(server._listener, out FileDescriptor connection) == Errno.None)
                server._engines.Add(new EngineConnection(server._loop, server._table, connection, engine => server._engines.Remove(engine)));
        }
    }
}
