using System.Collections.Concurrent;
using Tare.Engine.Containers.Health;
using Tare.EngineApi.Containers;
using Tare.Linux;

namespace Tare.Engine.Containers.State;

/// <summary>
/// A container in memory: its record and what belongs to the running engine only. Changes are made by whoever holds <see cref="Lock"/> (taken before
/// the store's and the database's locks, never two containers' at once); reading <see cref="Record"/> needs no lock.
/// </summary>
public sealed class Container
{
    private readonly Lock _waitLock = new();
    private TaskCompletionSource<WaitResponse> _nextExit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WaitResponse> _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ContainerRecord _record;

    internal Container(ContainerRecord record) => _record = record;

    /// <summary>Serializes the verbs that act on this container.</summary>
    public AsyncLock Lock { get; } = new();

    /// <summary>The record as it is now.</summary>
    public ContainerRecord Record
    {
        get => _record;
        internal set => _record = value;
    }

    /// <summary>Its id.</summary>
    public string Id => _record.Id;

    /// <summary>Where it stands.</summary>
    public LifecycleState State => _record.State;

    /// <summary>pidfd of the first process while it runs.</summary>
    internal FileDescriptor? PidFd { get; set; }

    /// <summary>The health check while it runs.</summary>
    internal HealthMonitor? Health { get; set; }

    /// <summary>Cancels a planned restart.</summary>
    internal CancellationTokenSource? Restart { get; set; }

    /// <summary>Set by stop, kill and restart, so that the exit that follows is not mended by the restart policy.</summary>
    internal bool StopRequested { get; set; }

    /// <summary>Set while a restart is under way, so that --rm does not delete the container in between.</summary>
    internal bool KeepOnExit { get; set; }

    /// <summary>Ids of the execs that exist.</summary>
    internal ConcurrentDictionary<string, byte> Execs { get; } = new();

    /// <summary>Terminal size asked for before the start.</summary>
    internal (ushort Rows, ushort Columns) WindowSize { get; set; }

    /// <summary>Streams connected before the start, ended when the start fails.</summary>
    internal ConcurrentDictionary<ContainerStream, byte> Streams { get; } = new();

    /// <summary>Completes when the present or the next run ends.</summary>
    internal Task<WaitResponse> NextExit
    {
        get
        {
            lock (_waitLock)
                return _nextExit.Task;
        }
    }

    /// <summary>Completes when the container is gone.</summary>
    internal Task<WaitResponse> Removed => _removed.Task;

    /// <summary>Tells all who wait for an exit.</summary>
    internal void AnnounceExit(int code, string? error)
    {
        TaskCompletionSource<WaitResponse> ended;
        lock (_waitLock)
        {
            ended = _nextExit;
            _nextExit = new TaskCompletionSource<WaitResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        ended.SetResult(Answer(code, error));
    }

    /// <summary>Tells all who wait for the removal.</summary>
    internal void AnnounceRemoval() => _ = _removed.TrySetResult(Answer(State.Last.Code, null));

    internal static WaitResponse Answer(int code, string? error) =>
        new() { StatusCode = code, Error = string.IsNullOrEmpty(error) ? null : new WaitError { Message = error } };
}
