using Tare.Engine.Containers.State;
using Tare.EngineApi.Execs;
using Tare.Linux;

namespace Tare.Engine.Execs;

/// <summary>An additional process in a container. Thread-safe.</summary>
public sealed class Exec
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _started;

    internal Exec(string id, Container container, ExecCreateRequest request, bool isKept) =>
        (Id, Container, Request, IsKept) = (id, container, request, isKept);

    /// <summary>True when the next engine is to know it; false for a health check's.</summary>
    internal bool IsKept { get; }

    /// <summary>64 lower-case hexadecimal digits, also the keeper's key.</summary>
    public string Id { get; }

    /// <summary>The container it runs in.</summary>
    public Container Container { get; }

    /// <summary>What was asked for.</summary>
    public ExecCreateRequest Request { get; }

    /// <summary>Its pid on the host once it runs.</summary>
    public int Pid { get; private set; }

    /// <summary>Null while it has not ended.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>True between start and end.</summary>
    public bool IsRunning => Pid != 0 && ExitCode is null;

    /// <summary>When it ended, nanoseconds since 1970.</summary>
    internal long EndedAt { get; private set; }

    /// <summary>Its pidfd while it runs.</summary>
    internal FileDescriptor? PidFd { get; private set; }

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>As an engine before this one left it.</summary>
    internal static Exec Restore(StoredExec stored, Container container)
    {
        var exec = new Exec(stored.Id, container, stored.ToRequest(), isKept: true) { Pid = stored.Pid, _started = stored.Pid != 0 };
        if (stored.ExitCode is { } code)
            _ = exec.End(code, stored.EndedAt);
        return exec;
    }

    /// <summary>Takes the one start that an exec has; false when it was taken before.</summary>
    internal bool TryBegin()
    {
        lock (_lock)
        {
            bool first = !_started;
            _started = true;
            return first;
        }
    }

    /// <summary>Notes that it runs, unless its end was faster.</summary>
    internal void Run(int pid, FileDescriptor pidFd)
    {
        lock (_lock)
        {
            Pid = pid;
            if (ExitCode is null)
                PidFd = pidFd;
            else
                pidFd.Dispose();
        }
    }

    /// <summary>Notes its end; false when it was noted before.</summary>
    internal bool End(int code, long at)
    {
        lock (_lock)
        {
            if (ExitCode is not null)
                return false;
            (ExitCode, EndedAt) = (code, at);
            PidFd?.Dispose();
            PidFd = null;
        }
        return _ended.TrySetResult(code);
    }

    /// <summary>Signals it while it runs.</summary>
    internal void Signal(int signal)
    {
        lock (_lock)
        {
            if (PidFd is not null)
                _ = Process.TrySignal(PidFd, signal);
        }
    }
}
