using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Execs;
using Tare.Errors;

namespace Tare.Engine.Execs;

/// <summary>All execs by id. Those that have ended can be inspected for a while, then they are dropped. Thread-safe.</summary>
public sealed class ExecStore
{
    private const long KeptNanoseconds = 300L * 1_000_000_000;
    private readonly ConcurrentDictionary<string, Exec> _byId = new(StringComparer.Ordinal);

    /// <summary>The exec of a full id or a unique beginning of it.</summary>
    public Exec Get(string id) => TryGet(id, out Exec? exec) ? exec : throw TareException.NotFound($"No such exec instance: {id}");

    /// <inheritdoc cref="Get"/>
    public bool TryGet(string id, [NotNullWhen(true)] out Exec? exec) => _byId.TryGetValue(id, out exec);

    internal Exec Add(Container container, ExecCreateRequest request, long now)
    {
        foreach (Exec old in _byId.Values.Where(e => e.ExitCode is not null && now - e.EndedAt > KeptNanoseconds))
            Remove(old);
        var exec = new Exec(ContainerName.NewId(), container, request);
        _byId[exec.Id] = exec;
        container.Execs[exec.Id] = 0;
        return exec;
    }

    internal void Remove(Exec exec)
    {
        _ = _byId.TryRemove(exec.Id, out _);
        _ = exec.Container.Execs.TryRemove(exec.Id, out _);
    }
}
