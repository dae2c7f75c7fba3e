using Tare.Engine.Events;
using Tare.Engine.Filtering;
using Tare.EngineApi;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Volumes;
using Tare.Errors;

namespace Tare.Engine.Volumes;

/// <summary>What users do with volumes: create, inspect, list, remove, prune, measure. Thread-safe.</summary>
public sealed partial class VolumeService
{
    private const string Driver = "local";
    private readonly VolumeStore _store;
    private readonly EventBus _events;
    private readonly Func<string, IReadOnlyCollection<string>> _containersOf;

    /// <summary>
    /// Opens the volumes below <c>root</c>; <paramref name="containersOf"/> gives the ids of the containers that name a volume, running or not.
    /// </summary>
    public VolumeService(Storage.Metadata.Database database, string root, EventBus events, Func<string, IReadOnlyCollection<string>> containersOf)
    {
        _store = new VolumeStore(database, root);
        _events = events;
        _containersOf = containersOf;
    }

    /// <summary>Makes a volume; the one that exists already when it has the same options.</summary>
    public Volume Create(VolumeCreateRequest request)
    {
        CheckDriver(request.Name, request.Driver);
        return ToWire(Ensure(request.Name, request.DriverOpts ?? [], request.Labels ?? []));
    }

    /// <summary>NotFound when there is none.</summary>
    public Volume Inspect(string name) => ToWire(Get(name));

    /// <summary>Those that pass the filters dangling, driver, label, name.</summary>
    public VolumeListResponse List(FilterSet filters) =>
        new() { Volumes = [.. _store.All.Where(record => Matches(record, filters)).Select(ToWire)] };

    /// <summary>Removes a volume that no container names; <paramref name="force"/> makes an absent one fine.</summary>
    public void Remove(string name, bool force)
    {
        lock (_store.Lock)
        {
            if (_store.Find(name) is null)
            {
                if (force)
                    return;
                throw Missing(name);
            }
            IReadOnlyCollection<string> users = _containersOf(name);
            if (users.Count > 0)
                throw TareException.Conflict($"remove {name}: volume is in use - [{string.Join(", ", users)}]");
            UnmountNow(name);
            _store.Remove(name);
        }
        _events.Publish("volume", "destroy", name, new Dictionary<string, string> { ["driver"] = Driver });
    }

    /// <summary>Removes what no container names: anonymous ones, and named ones too with the filter all=true.</summary>
    public VolumesPruneResponse Prune(FilterSet filters)
    {
        bool all = filters["all"] is [("1" or "true" or "True" or "TRUE" or "t"), ..];
        var response = new VolumesPruneResponse { VolumesDeleted = [] };
        foreach (VolumeRecord record in _store.All)
        {
            if ((!all && !record.IsAnonymous) || !PruneLabels.Match(filters, record.Labels) || _containersOf(record.Name).Count > 0)
                continue;
            long size = record.Options.Count == 0 ? _store.SizeOf(record.Name) : 0;
            try
            {
                Remove(record.Name, force: true);
            }
            catch (TareException error) when (error.Kind == ErrorKind.Conflict)
            {
                // A container took it between the look and the removal.
                continue;
            }
            response.VolumesDeleted.Add(record.Name);
            response.SpaceReclaimed += (ulong)Math.Max(size, 0);
        }
        _events.Publish("volume", "prune", "", new Dictionary<string, string> { ["reclaimed"] = $"{response.SpaceReclaimed}" });
        return response;
    }

    /// <summary>All volumes with their sizes on disk and how many containers name them.</summary>
    public List<Volume> Usage() => [.. _store.All.Select(record =>
    {
        Volume volume = ToWire(record);
        volume.UsageData = new VolumeUsage
        {
            Size = record.Options.Count == 0 ? _store.SizeOf(record.Name) : -1,
            RefCount = _containersOf(record.Name).Count,
        };
        return volume;
    })];

    private VolumeRecord Ensure(string? name, IReadOnlyDictionary<string, string> options, IReadOnlyDictionary<string, string> labels, string? container = null)
    {
        bool anonymous = string.IsNullOrEmpty(name);
        name = anonymous ? VolumeName.MakeUp() : name!;
        VolumeName.Check(name);
        _ = VolumeMountOptions.Parse(options);
        VolumeRecord record;
        lock (_store.Lock)
        {
            if (_store.Find(name) is { } existing)
            {
                bool same = options.Count == 0 || (options.Count == existing.Options.Count && !options.Except(existing.Options).Any());
                return same
                    ? existing
                    : throw TareException.Conflict($"create {name}: volume {name} exists with other options, remove it first or take another name");
            }
            record = new VolumeRecord
            {
                Name = name,
                CreatedAt = GoTime.Format(DateTimeOffset.UtcNow),
                IsAnonymous = anonymous,
                ForContainer = anonymous ? container : null,
                Labels = labels,
                Options = options,
            };
            _store.Add(record);
        }
        _events.Publish("volume", "create", name, new Dictionary<string, string> { ["driver"] = Driver });
        return record;
    }

    private VolumeRecord Get(string name) => _store.Find(name) ?? throw Missing(name);

    private bool Matches(VolumeRecord record, FilterSet filters) =>
        PruneLabels.Match(filters, record.Labels)
        && filters.Matches("driver", Driver)
        && (!filters.Has("name") || filters["name"].Any(part => record.Name.Contains(part, StringComparison.Ordinal)))
        && MatchesDangling(record, filters);

    private bool MatchesDangling(VolumeRecord record, FilterSet filters)
    {
        if (!filters.Has("dangling"))
            return true;
        bool wanted = filters["dangling"][0] switch
        {
            "1" or "true" => true,
            "0" or "false" => false,
            { } other => throw TareException.Invalid($"invalid filter 'dangling=[{other}]'"),
        };
        return wanted == (_containersOf(record.Name).Count == 0);
    }

    private Volume ToWire(VolumeRecord record) => new()
    {
        Name = record.Name,
        CreatedAt = record.CreatedAt,
        Mountpoint = _store.MountPoint(record.Name),
        Labels = record.Labels.Count == 0 && !record.IsAnonymous ? null : new Dictionary<string, string>(record.Labels),
        Options = record.Options.Count == 0 ? null : new Dictionary<string, string>(record.Options),
    };

    private static void CheckDriver(string? name, string? driver)
    {
        if (driver is not (null or "" or "default" or Driver))
            throw TareException.NotFound($"create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found");
    }

    private static TareException Missing(string name) => TareException.NotFound($"get {name}: no such volume");
}
