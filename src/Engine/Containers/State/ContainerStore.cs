using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Tare.Engine.Containers.Users;
using Tare.Errors;
using Tare.Storage.Metadata;

namespace Tare.Engine.Containers.State;

/// <summary>All containers: by id in memory, by name without duplicates, and as records in the database. Thread-safe.</summary>
public sealed class ContainerStore
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMilliseconds(500);
    private readonly RecordTable _table;
    private readonly ConcurrentDictionary<string, Container> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idsByName = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Reads all records.</summary>
    public ContainerStore(Database database)
    {
        _table = database.Table("containers");
        foreach ((string id, StoredContainer stored) in _table.All(StoredContainerJson.Default.StoredContainer))
        {
            _byId[id] = new Container(stored.ToRecord());
            _idsByName[stored.Name] = id;
        }
    }

    /// <summary>All containers as of now.</summary>
    public IReadOnlyList<Container> All => [.. _byId.Values];

    /// <summary>The records of all containers as of now.</summary>
    public IEnumerable<ContainerRecord> Records => _byId.Values.Select(container => container.Record);

    /// <summary>The container of a full id, a name with or without slash, or a unique beginning of an id.</summary>
    public Container Get(string reference) =>
        TryGet(reference, out Container? found) ? found : throw TareException.NotFound($"No such container: {reference}");

    /// <inheritdoc cref="Get"/>
    public bool TryGet(string reference, [NotNullWhen(true)] out Container? found)
    {
        found = null;
        string name = reference.StartsWith('/') ? reference[1..] : reference;
        if (name.Length == 0)
            return false;
        if (_byId.TryGetValue(name, out found))
            return true;
        lock (_lock)
        {
            if (_idsByName.TryGetValue(name, out string? id) && _byId.TryGetValue(id, out found))
                return true;
        }
        // "parent/alias": whom a link leads to.
        int slash = name.LastIndexOf('/');
        if (slash > 0)
            return TryGet(name[..slash], out Container? parent) && parent.Record.Links.FirstOrDefault(link => link.Alias == name[(slash + 1)..]) is { } link && _byId.TryGetValue(link.ContainerId, out found);
        foreach ((string id, Container container) in _byId)
        {
            if (!id.StartsWith(name, StringComparison.Ordinal))
                continue;
            if (found is not null)
                throw TareException.Invalid($"multiple IDs found with provided prefix: {name}");
            found = container;
        }
        return found is not null;
    }

    /// <summary>Keeps a name for a container that is being made; a null name takes a made-up one.</summary>
    internal string Reserve(string id, string? name)
    {
        lock (_lock)
        {
            if (name is not null)
            {
                ReserveLocked(id, name);
                return name;
            }
            for (int tries = 0; ; tries++)
            {
                string made = ContainerName.MakeUp(tries);
                if (_idsByName.TryAdd(made, id))
                    return made;
            }
        }
    }

    /// <summary>Gives a container's reserved name back; nothing happens when it is another's meanwhile.</summary>
    internal void Release(string id, string name)
    {
        lock (_lock)
        {
            if (_idsByName.TryGetValue(name, out string? owner) && owner == id)
                _ = _idsByName.Remove(name);
        }
    }

    /// <summary>Adds a new container under a name reserved before, with ids of its own when it wants <paramref name="users"/> of them.</summary>
    internal Container Add(ContainerRecord record, uint? users = null)
    {
        if (users is { } size)
        {
            lock (_lock)
                return AddNew(record with { Users = UserRange.Free(Records, size) });
        }
        return AddNew(record);
    }

    private Container AddNew(ContainerRecord record)
    {
        Put(record);
        var container = new Container(record);
        _byId[record.Id] = container;
        return container;
    }

    /// <summary>Replaces a container's record, in the database first. The caller holds the container's lock.</summary>
    internal void Save(Container container, ContainerRecord record)
    {
        Put(record);
        container.Record = record;
    }

    /// <summary>Applies an event; Conflict when it cannot happen in the present state.</summary>
    internal void Apply(Container container, LifecycleEvent happened, Func<ContainerRecord, ContainerRecord>? change = null)
    {
        ContainerRecord record = container.Record;
        LifecycleState state = Lifecycle.Transition(record.State, happened)
            ?? throw TareException.Conflict($"container {record.Id} is {record.State.Status}: {happened.GetType().Name} cannot happen now");
        record = record with { State = state };
        Save(container, change is null ? record : change(record));
    }

    /// <summary>
    /// As <see cref="Apply"/> for what has happened already, so that nobody can refuse it: when the disk is full the row follows as soon as there is room.
    /// </summary>
    internal void Record(Container container, LifecycleEvent happened, Func<ContainerRecord, ContainerRecord>? change = null)
    {
        try
        {
            Apply(container, happened, record => container.Record = change is null ? record : change(record));
        }
        catch (TareException error) when (error.Kind == ErrorKind.OutOfSpace)
        {
            _ = SaveLaterAsync(container);
        }
    }

    private async Task SaveLaterAsync(Container container)
    {
        while (true)
        {
            await Task.Delay(SaveInterval);
            using (await container.Lock.EnterAsync())
            {
                try
                {
                    if (_byId.ContainsKey(container.Id))
                        Put(container.Record);
                    return;
                }
                catch (TareException error) when (error.Kind == ErrorKind.OutOfSpace)
                {
                    continue;
                }
                catch (ObjectDisposedException)
                {
                    // The engine has ended; the next one finds out itself.
                    return;
                }
            }
        }
    }

    /// <summary>Gives a container another name.</summary>
    internal void Rename(Container container, string name)
    {
        string old = container.Record.Name;
        lock (_lock)
            ReserveLocked(container.Id, name);
        try
        {
            Save(container, container.Record with { Name = name });
        }
        catch
        {
            Release(container.Id, name);
            throw;
        }
        Release(container.Id, old);
    }

    /// <summary>Forgets a container whose parts are all gone.</summary>
    internal void Delete(Container container)
    {
        _ = _table.Delete(container.Id);
        _ = _byId.TryRemove(container.Id, out _);
        Release(container.Id, container.Record.Name);
    }

    private void ReserveLocked(string id, string name)
    {
        if (!_idsByName.TryAdd(name, id))
        {
            throw TareException.Conflict($"Conflict. The container name \"/{name}\" is already in use by container \"{_idsByName[name]}\". "
                + "You have to remove (or rename) that container to be able to reuse that name.");
        }
    }

    private void Put(ContainerRecord record) => _table.Put(record.Id, StoredContainer.From(record), StoredContainerJson.Default.StoredContainer);
}
