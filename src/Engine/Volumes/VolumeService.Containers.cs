using Tare.Engine.Containers.Roles;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Volumes;

// What containers do with volumes: have them made, mounted while at least one of them runs, and removed with the container.
public sealed partial class VolumeService : IContainerVolumes
{
    private readonly Dictionary<string, HashSet<string>> _mountedFor = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<ContainerVolume> EnsureAsync(string? name, VolumeDriverConfig? driver, IReadOnlyDictionary<string, string>? labels, string containerId)
    {
        CheckDriver(name, driver?.Name);
        VolumeRecord record = Ensure(name, driver?.Options ?? [], labels ?? new Dictionary<string, string>(), containerId);
        return Task.FromResult(new ContainerVolume(record.Name, Driver, _store.MountPoint(record.Name)));
    }

    /// <inheritdoc/>
    public Task MountAsync(string name, string containerId)
    {
        VolumeMountOptions? options = VolumeMountOptions.Parse(Get(name).Options);
        if (options is not null)
        {
            lock (_store.Lock)
            {
                if (!IsMountPoint(_store.MountPoint(name)))
                    options.MountOn(_store.MountPoint(name), name);
                Use(name, containerId);
            }
        }
        _events.Publish("volume", "mount", name, new Dictionary<string, string> { ["driver"] = Driver, ["container"] = containerId });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Resume(string name, string containerId)
    {
        lock (_store.Lock)
        {
            if (_store.Find(name) is { Options.Count: > 0 } && IsMountPoint(_store.MountPoint(name)))
                Use(name, containerId);
        }
    }

    /// <inheritdoc/>
    public Task UnmountAsync(string name, string containerId)
    {
        if (_store.Find(name) is null)
            return Task.CompletedTask;
        lock (_store.Lock)
        {
            if (_mountedFor.TryGetValue(name, out HashSet<string>? users) && users.Remove(containerId) && users.Count == 0)
                UnmountNow(name);
        }
        _events.Publish("volume", "unmount", name, new Dictionary<string, string> { ["driver"] = Driver, ["container"] = containerId });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task LeaveAsync(string name)
    {
        lock (_store.Lock)
        {
            if (_store.Find(name) is { ForContainer: not null } record)
                _store.Put(record with { ForContainer = null });
        }
        return Task.CompletedTask;
    }

    /// <summary>
    /// After a start of the engine, when all that run have been resumed: what a removal or a creation that was cut off has left goes, what one has not got to
    /// is made, and what is mounted for nobody is unmounted. <paramref name="exists"/> says whether there is a container of an id.
    /// </summary>
    public void Recover(Func<string, bool> exists)
    {
        foreach (VolumeRecord record in _store.All)
        {
            lock (_store.Lock)
            {
                if (!_mountedFor.ContainsKey(record.Name))
                    UnmountNow(record.Name);
            }
            if (record.ForContainer is { } owner && !exists(owner) && _containersOf(record.Name).Count == 0)
                Remove(record.Name, force: true);
            else if (!Directory.Exists(_store.MountPoint(record.Name)))
                _store.Add(record);
        }
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string name)
    {
        try
        {
            Remove(name, force: true);
        }
        catch (TareException error) when (error.Kind == ErrorKind.Conflict)
        {
            // Another container took it by its made-up name: it stays for that one.
        }
        return Task.CompletedTask;
    }

    private void Use(string name, string containerId)
    {
        if (!_mountedFor.TryGetValue(name, out HashSet<string>? users))
            _mountedFor[name] = users = [];
        _ = users.Add(containerId);
    }

    private void UnmountNow(string name)
    {
        _ = _mountedFor.Remove(name);
        if (_store.Find(name)?.Options.Count is null or 0 || !IsMountPoint(_store.MountPoint(name)))
            return;
        Errno errno = Mount.TryUnmount(_store.MountPoint(name), Mount.UMOUNT_NOFOLLOW);
        if (errno != Errno.None)
            throw TareException.Internal($"unmount volume {name}: {errno.Describe()}");
    }

    private static bool IsMountPoint(string path) =>
        File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ', 6)[4] == path);
}
