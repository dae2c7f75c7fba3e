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
internal sealed class Spawner(EventLoop loop, FileDescriptor init) : IDisposable
{
    private readonly FileDescriptor _ownPidNamespace = Fcntl.Open("/proc/self/ns/pid", Fcntl.O_RDONLY);
    private readonly FileDescriptor _null = Fcntl.Open("/dev/null", Fcntl.O_RDWR);

    /// <summary>Starts tare-init with the order's program.</summary>
    public Errno TrySpawn(SpawnOrder order, out SpawnedProcess? spawned)
    {
        spawned = null;
        using Stdio stdio = Stdio.Make(order.Stdio, _null);
        (FileDescriptor status, FileDescriptor childStatus) = Socket.Pair(Socket.SOCK_SEQPACKET);
        Errno errno = Clone(order, stdio, childStatus, out int pid, out FileDescriptor pidfd);
        childStatus.Dispose();
        if (errno != Errno.None)
        {
            status.Dispose();
            return errno;
        }
        JsonLog? log = order.LogDirectory is { } directory && order.Log is { } options ? new JsonLog(directory, options) : null;
        order.LogDirectory = log is null ? order.LogDirectory : null;
        ManagedProcess process = new(loop, order.Key, pid, pidfd, stdio.TakeInput(), log);
        if (stdio.TakeOutput() is { } output)
            process.AddOutput(output, 1);
        if (stdio.TakeError() is { } error)
            process.AddOutput(error, 2);
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

/// <summary>Both sides of a new process's standard streams. What is not taken is closed.</summary>
internal sealed class Stdio : IDisposable
{
    private readonly List<FileDescriptor> _childSide = [];
    private FileDescriptor? _input;
    private FileDescriptor? _output;
    private FileDescriptor? _error;

    private Stdio(FileDescriptor nothing) => ChildInput = ChildOutput = ChildError = nothing;

    public FileDescriptor ChildInput { get; private set; }
    public FileDescriptor ChildOutput { get; private set; }
    public FileDescriptor ChildError { get; private set; }

    /// <summary>With a terminal everything is /dev/null until the program has opened the terminal.</summary>
    public static Stdio Make(StdioFlags flags, FileDescriptor nothing)
    {
        Stdio stdio = new(nothing);
        if ((flags & StdioFlags.Terminal) != 0)
            return stdio;
        if ((flags & StdioFlags.Input) != 0)
        {
            (stdio.ChildInput, stdio._input) = Unistd.Pipe();
            stdio._childSide.Add(stdio.ChildInput);
        }
        (stdio._output, stdio.ChildOutput) = Unistd.Pipe();
        (stdio._error, stdio.ChildError) = Unistd.Pipe();
        stdio._childSide.AddRange([stdio.ChildOutput, stdio.ChildError]);
        return stdio;
    }

    public FileDescriptor? TakeInput() => Take(ref _input);
    public FileDescriptor? TakeOutput() => Take(ref _output);
    public FileDescriptor? TakeError() => Take(ref _error);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor fd in _childSide)
            fd.Dispose();
        _input?.Dispose();
        _output?.Dispose();
        _error?.Dispose();
    }

    private static FileDescriptor? Take(ref FileDescriptor? fd)
    {
        FileDescriptor? taken = fd;
        fd = null;
        return taken;
    }
}
