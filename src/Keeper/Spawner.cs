using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>A spawn request as it arrived, its descriptors owned by this object until they are taken.</summary>
internal sealed class SpawnOrder : IDisposable
{
    public required string Key { get; init; }
    public required ulong Namespaces { get; init; }
    public required StdioFlags Stdio { get; init; }
    public required ushort Rows { get; init; }
    public required ushort Columns { get; init; }
    public required FileDescriptor Program { get; init; }
    public FileDescriptor? Cgroup { get; init; }
    public FileDescriptor? PidNamespaceOf { get; init; }
    public FileDescriptor? LogDirectory { get; set; }
    public LogOptions? Log { get; init; }
    public required IReadOnlyList<FileDescriptor> Passed { get; init; }

    /// <summary>The log that was asked for, opened; its directory is this object's no longer.</summary>
    public JsonLog? TakeLog()
    {
        if (LogDirectory is not { } directory || Log is not { } options)
            return null;
        LogDirectory = null;
        return new JsonLog(directory, options);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Program.Dispose();
        Cgroup?.Dispose();
        PidNamespaceOf?.Dispose();
        LogDirectory?.Dispose();
        foreach (FileDescriptor fd in Passed)
            fd.Dispose();
    }
}

/// <summary>A process whose program runs: not yet known to have become the user's.</summary>
/// <param name="Process">The process, its pipes connected.</param>
/// <param name="Status">Our end of the status socket.</param>
internal sealed record SpawnedProcess(ManagedProcess Process, FileDescriptor Status);

/// <summary>Makes stdio and the status socket, clones, and enters a container's pid namespace for the moment of the clone when asked to.</summary>
internal sealed class Spawner(EventLoop loop, FileDescriptor init, StreamDirectory streams, LogJournal journal) : IDisposable
{
    private readonly FileDescriptor _ownPidNamespace = Fcntl.Open("/proc/self/ns/pid", Fcntl.O_RDONLY);
    private readonly FileDescriptor _null = Fcntl.Open("/dev/null", Fcntl.O_RDWR);

    /// <summary>Starts tare-init with the order's program.</summary>
    public Errno TrySpawn(SpawnOrder order, out SpawnedProcess? spawned)
    {
        spawned = null;
        using Stdio stdio = Stdio.Make(order.Stdio, order.Key, streams, _null);
        (FileDescriptor status, FileDescriptor childStatus) = Socket.Pair(Socket.SOCK_SEQPACKET);
        Errno errno = Clone(order, stdio, childStatus, out int pid, out FileDescriptor pidfd);
        childStatus.Dispose();
        if (errno != Errno.None)
        {
            status.Dispose();
            return errno;
        }
        LogWriter? log = order.TakeLog() is { } file ? new LogWriter(file, order.Key, streams, journal) : null;
        ManagedProcess process = new(loop, order.Key, pid, pidfd, stdio.TakeInput(), log);
        if (stdio.TakeOutput() is { } output)
            process.AddPipe(output, 1, journal);
        if (stdio.TakeError() is { } error)
            process.AddPipe(error, 2, journal);
        spawned = new SpawnedProcess(process, status);
        return Errno.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ownPidNamespace.Dispose();
        _null.Dispose();
        init.Dispose();
    }

    private Errno Clone(SpawnOrder order, Stdio stdio, FileDescriptor status, out int pid, out FileDescriptor pidfd)
    {
        SpawnOptions options = new()
        {
            Executable = init,
            Descriptors = [stdio.ChildInput, stdio.ChildOutput, stdio.ChildError, order.Program, status, .. order.Passed],
            Namespaces = order.Namespaces,
            Cgroup = order.Cgroup,
        };
        if (order.PidNamespaceOf is null)
            return Spawn.TryStart(options, out pid, out pidfd);
        // Children of this thread are born into the container's pid namespace between these two calls; nothing else runs on it.
        Errno errno = Sched.TryJoin(order.PidNamespaceOf, Sched.CLONE_NEWPID);
        if (errno != Errno.None)
        {
            (pid, pidfd) = (0, new FileDescriptor());
            return errno;
        }
        errno = Spawn.TryStart(options, out pid, out pidfd);
        Errno back = Sched.TryJoin(_ownPidNamespace, Sched.CLONE_NEWPID);
        return back == Errno.None ? errno : throw new SyscallException("setns", back, "/proc/self/ns/pid");
    }
}
