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
    private readonly string _directory;

    /// <summary>Reads what an engine before this one left of containers that are still there.</summary>
    internal ExecStore(string directory, ContainerStore containers)
    {
        _directory = directory;
        _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string file in Directory.EnumerateFiles(directory))
        {
            if (StoredExec.Read(File.ReadAllBytes(file)) is { } stored && stored.Id == Path.GetFileName(file)
                && containers.TryGet(stored.ContainerId, out Container? container))
            {
                Put(Exec.Restore(stored, container));
            }
            else
            {
                File.Delete(file);
            }
        }
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
        foreach (Exec old in _byId.Values.Where(e => e.ExitCode is not null && now - e.EndedAt > KeptNanoseconds))
            Remove(old);
        var exec = new Exec(ContainerName.NewId(), container, request, kept);
        Save(exec);
        Put(exec);
        return exec;
    }

    /// <summary>Writes an exec's file anew: it has started or ended.</summary>
    internal void Save(Exec exec)
    {
        if (!exec.IsKept)
            return;
        // Start and end come from different threads; the file gets what is so when it is written.
        lock (exec)
        {
            string path = Path.Combine(_directory, exec.Id);
            File.WriteAllBytes(path + ".new", StoredExec.Write(exec));
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    internal void Remove(Exec exec)
    {
        _ = _byId.TryRemove(exec.Id, out _);
        _ = exec.Container.Execs.TryRemove(exec.Id, out _);
        if (exec.IsKept)
            File.Delete(Path.Combine(_directory, exec.Id));
    }

    /// <summary>Drops all execs of a container that is being removed.</summary>
    internal void RemoveOf(Container container)
    {
        foreach (string id in container.Execs.Keys)
            if (TryGet(id, out Exec? exec))
                Remove(exec);
    }

    private void Put(Exec exec)
    {
        _byId[exec.Id] = exec;
        exec.Container.Execs[exec.Id] = 0;
    }
}
