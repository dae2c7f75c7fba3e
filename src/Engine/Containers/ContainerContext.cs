using Tare.Cgroups;
using Tare.Engine.Containers.Logs.Drivers;
using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.Engine.Events;
using Tare.EngineApi.Containers;
using Tare.Images;
using Tare.Keeper.Protocol;
using Tare.Networking.Files;

namespace Tare.Engine.Containers;

/// <summary>The engine around the containers: what every verb works with. Made once by the host.</summary>
public sealed class ContainerContext
{
    private LogDrivers? _logDrivers;

    /// <summary>All containers.</summary>
    public required ContainerStore Store { get; init; }

    /// <summary>Who spawns and watches processes; replaced when the keeper had to be started anew.</summary>
    public required KeeperClient Keeper { get; set; }

    /// <summary>Images by reference, and their unpacked layers.</summary>
    public required ImageStore Images { get; init; }

    /// <summary>Network namespaces and addresses.</summary>
    public required IContainerNetworks Networks { get; init; }

    /// <summary>Volumes.</summary>
    public required IContainerVolumes Volumes { get; init; }

    /// <summary>Where events go.</summary>
    public required EventBus Events { get; init; }

    /// <summary>The machine's cgroup trees.</summary>
    public required CgroupHierarchy Cgroups { get; init; }

    /// <summary>Where containers have their directories.</summary>
    public required ContainerPaths Paths { get; init; }

    /// <summary>Cgroup that the containers' cgroups are below.</summary>
    public string CgroupParent { get; init; } = "/tare";

    /// <summary>Log driver of containers that name none.</summary>
    public string LogDriver { get; init; } = "json-file";

    /// <summary>Log options of containers that name none: max-size, max-file, or what the default driver takes.</summary>
    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Where documents describe devices (CDI).</summary>
    public IReadOnlyList<string> CdiSpecDirs { get; init; } = EngineOptions.DefaultCdiSpecDirs;

    /// <summary>User ids of containers that choose no user namespace; null for the host's.</summary>
    public UserRemap? Users { get; init; }

    /// <summary>Name servers, search domains and options of containers that name none.</summary>
    public DnsSettings Dns { get; init; } = DnsSettings.None;

    /// <summary>Receives what happened that nobody asked for.</summary>
    public Action<string> Log { get; init; } = _ => { };

    /// <summary>Who brings logs elsewhere.</summary>
    internal LogDrivers LogDrivers => LazyInitializer.EnsureInitialized(ref _logDrivers, () => new LogDrivers(Paths, Log));

    /// <summary>Time since a fixed point, replaceable in tests.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Nanoseconds since 1970.</summary>
    internal long Now => (Time.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    /// <summary>Waits, for a moment at most, while a keeper that has died is being replaced.</summary>
    internal async Task AwaitKeeperAsync()
    {
        for (int tries = 0; tries < 500 && Keeper.IsGone; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(10));
    }

    /// <summary>The container's cgroup, the same path in every tree.</summary>
    internal string CgroupPath(ContainerRecord record)
    {
        string parent = record.HostConfig.CgroupParent;
        return $"{(parent.Length == 0 ? CgroupParent : "/" + parent.Trim('/'))}/{record.Id}";
    }

    /// <summary>The container's own name servers and search domains, or the engine's.</summary>
    internal DnsSettings DnsOf(HostConfig host) => new(
        host.Dns is { Count: > 0 } servers ? servers : Dns.Servers,
        host.DnsSearch is { Count: > 0 } search ? search : Dns.Search,
        host.DnsOptions is { Count: > 0 } options ? options : Dns.Options);

    /// <summary>Publishes an event of a container with its labels, image and name among the attributes.</summary>
    internal void Publish(ContainerRecord record, string action, params ReadOnlySpan<(string Name, string Value)> more)
    {
        Dictionary<string, string> attributes = new(record.Config.Labels ?? []) { ["image"] = record.Config.Image, ["name"] = record.Name };
        foreach ((string name, string value) in more)
            attributes[name] = value;
        Events.Publish("container", action, record.Id, attributes);
    }
}
