using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers.Roles;

/// <summary>A volume as a container uses it.</summary>
/// <param name="Name">Its name; 64 hexadecimal digits when it was made up.</param>
/// <param name="Driver">"local".</param>
/// <param name="MountPoint">Absolute host path of its data.</param>
public sealed record ContainerVolume(string Name, string Driver, string MountPoint);

/// <summary>The volumes as containers see them.</summary>
public interface IContainerVolumes
{
    /// <summary>Finds a volume or makes it; a null name makes one with a made-up name, for that container. Nothing is mounted yet.</summary>
    Task<ContainerVolume> EnsureAsync(string? name, VolumeDriverConfig? driver, IReadOnlyDictionary<string, string>? labels, string containerId);

    /// <summary>Makes the volume's data available at its mount point before a container starts (drivers that mount something).</summary>
    Task MountAsync(string name, string containerId);

    /// <summary>After a start of the engine: a container that runs uses the volume, as <see cref="MountAsync"/> of an engine before this one made it.</summary>
    void Resume(string name, string containerId);

    /// <summary>Takes that back when the container has ended; calls for volumes that are not mounted do nothing.</summary>
    Task UnmountAsync(string name, string containerId);

    /// <summary>Keeps an anonymous volume whose container goes.</summary>
    Task LeaveAsync(string name);

    /// <summary>Removes an anonymous volume together with its container; one that is gone already is fine.</summary>
    Task RemoveAsync(string name);
}
