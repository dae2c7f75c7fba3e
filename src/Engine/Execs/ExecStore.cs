using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Execs;
using Tare.Errors;

namespace Tare.Engine.Execs;

/// <summary>
/// All execs by id, each in a file of its own, which lasts as long as the machine runs. Those that have ended can be inspected for a while, then they
/// are dropped. Thread-safe.
/// </summary>
public sealed class ExecStore
{
    private const long KeptNanoseconds = 300L * 1_000_000_000;
    private readonly ConcurrentDictionary<string, Exec> _byId = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long At)> _ended = new();
    private readonly ExecFiles _files;

    /// <summary>Reads what an engine before this one left of containers that are still there.</summary>
    internal ExecStore(string directory, ContainerStore containers)
    {
        _files = new ExecFiles(directory);
        foreach ((string id, byte[] record) in _files.ReadAll())
        {
            if (StoredExec.Read(record) is { } stored && stored.Id == id && containers.TryGet(stored.ContainerId, out Container? container))
                Put(Exec.Restore(stored, container));
            else
                _files.Delete(id);
        }
        foreach (Exec exec in _byId.Values.Where(exec => exec.ExitCode is not null).OrderBy(exec => exec.EndedAt))
            _ended.Enqueue((exec.Id, exec.EndedAt));
    }

    /// <summary>All execs as of now.</summary>
    internal IReadOnlyList<Exec> All => [.. _byId.Values];

    /// <summary>The exec of a full id or a unique beginning of it.</summary>
    public Exec Get(string id) => TryGet(id, out Exec? exec) ? exec : throw TareException.NotFound($"No such exec instance: {id}");

    /// <inheritdoc cref="Get"/>
    public bool TryGet(string id, [NotNullWhen(true)] out Exec? exec) => _byId.TryGetValue(id, out exec);

    /// <summary>Adds one; <paramref name="kept"/> says whether the next engine is to know it.</summary>
    internal Exec Add(Container container, ExecCreateRequest request, long now, bool kept)
    {
        DropOld(now);
        var exec = new Exec(ContainerName.NewId(), container, request, kept);
        if (kept)
            _files.Create(exec.Id, StoredExec.Write(exec));
        Put(exec);
        return exec;
    }

    /// <summary>Writes down that an exec has started.</summary>
    internal void Started(Exec exec) => Save(exec);

    /// <summary>Writes down that an exec has ended; it is kept for a while.</summary>
    internal void Ended(Exec exec)
    {
        if (!exec.IsKept)
            return;
        Save(exec);
        lock (_ended)
            _ended.Enqueue((exec.Id, exec.EndedAt));
    }

    internal void Remove(Exec exec)
    {
        _ = _byId.TryRemove(exec.Id, out _);
        _ = exec.Container.Execs.TryRemove(exec.Id, out _);
        if (exec.IsKept)
            _files.Delete(exec.Id);
    }

    /// <summary>Drops all execs of a container that is being removed.</summary>
    internal void RemoveOf(Container container)
    {
        foreach (string id in container.Execs.Keys)
            if (TryGet(id, out Exec? exec))
                Remove(exec);
    }

    /// <summary>The queue holds ids, not execs: those of a container that is removed go with it.</summary>
    private void DropOld(long now)
    {
        lock (_ended)
        {
            while (_ended.TryPeek(out (string Id, long At) oldest) && now - oldest.At > KeptNanoseconds)
            {
                _ = _ended.Dequeue();
                if (TryGet(oldest.Id, out Exec? old))
                    Remove(old);
            }
        }
    }

    private void Save(Exec exec)
    {
        if (!exec.IsKept)
            return;
        // Start and end come from different threads; the file gets what is so when it is written.
        lock (exec)
            _files.Replace(exec.Id, StoredExec.Write(exec));
    }

    private void Put(Exec exec)
    {
        _byId[exec.Id] = exec;
        exec.Container.Execs[exec.Id] = 0;
    }
}
