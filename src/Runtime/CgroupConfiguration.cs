using Tare.Cgroups;
using Tare.Oci.Runtime;
using CgroupDeviceRule = Tare.Cgroups.DeviceRule;
using CgroupHugepageLimit = Tare.Cgroups.HugepageLimit;

namespace Tare.Runtime;

/// <summary>linux.resources of a configuration in the words of the cgroup layer, and which cgroup file systems the container sees.</summary>
public static class CgroupConfiguration
{
    /// <summary>
    /// What the specification requires in every container (config-linux.md#default-devices): its nodes, terminals, and making nodes, which alone opens nothing.
    /// </summary>
    private static readonly CgroupDeviceRule[] AlwaysAllowed =
    [
        new(true, 'c', null, null, "m"), new(true, 'b', null, null, "m"),
        new(true, 'c', 1, 3), new(true, 'c', 1, 5), new(true, 'c', 1, 7), new(true, 'c', 1, 8), new(true, 'c', 1, 9),
        new(true, 'c', 5, 0), new(true, 'c', 5, 2), new(true, 'c', 136, null),
    ];

    /// <summary>The limits; absent fields leave the kernel's defaults.</summary>
    public static CgroupLimits Limits(LinuxResources? resources) => resources is null ? new CgroupLimits() : new CgroupLimits
    {
        Memory = new MemoryLimits
        {
            Limit = resources.Memory?.Limit,
            Reservation = resources.Memory?.Reservation,
            Swap = resources.Memory?.Swap,
            Swappiness = (long?)resources.Memory?.Swappiness,
            DisableOomKill = resources.Memory?.DisableOomKiller,
        },
        Cpu = new CpuLimits
        {
            Shares = resources.Cpu?.Shares,
            Quota = resources.Cpu?.Quota,
            Period = resources.Cpu?.Period,
            Burst = resources.Cpu?.Burst,
            Idle = resources.Cpu?.Idle,
            RealtimePeriod = resources.Cpu?.RealtimePeriod,
            RealtimeRuntime = resources.Cpu?.RealtimeRuntime,
            Cpus = resources.Cpu?.Cpus,
            Mems = resources.Cpu?.Mems,
        },
        Pids = resources.Pids?.Limit,
        BlockIo = BlockIo(resources.BlockIo),
        Hugepages = [.. (resources.HugepageLimits ?? []).Select(h => new CgroupHugepageLimit(h.PageSize, h.Limit))],
        Devices = resources.Devices is null ? null : [.. resources.Devices.Select(Device), .. AlwaysAllowed],
        NetworkClass = resources.Network?.ClassId,
        NetworkPriorities = (resources.Network?.Priorities ?? []).ToDictionary(p => p.Name, p => p.Priority),
        Rdma = (resources.Rdma ?? new Dictionary<string, RdmaLimit>()).ToDictionary(d => d.Key, d => (d.Value.HcaHandles, d.Value.HcaObjects)),
        Unified = resources.Unified?.ToDictionary() ?? [],
    };

    /// <summary>
    /// The file systems for a mount of type cgroup: only trees that the container has a group in, so that its cgroup namespace shows nothing else.
    /// </summary>
    public static IReadOnlyList<CgroupMount> Mounts(CgroupHierarchy hierarchy, ContainerCgroup cgroup)
    {
        if (hierarchy.Shape == CgroupShape.Unified)
            return [new CgroupMount("", "cgroup2", [], cgroup.UnifiedDirectory)];
        List<CgroupMount> mounts = [];
        foreach (IGrouping<string, string> tree in hierarchy.LegacyMounts.GroupBy(m => m.Value, m => m.Key))
            if (cgroup.Directories.Contains(tree.Key + cgroup.Path))
                mounts.Add(new CgroupMount(string.Join(',', tree.Order().Select(key => CgroupHierarchy.IsNamed(key) ? key["name=".Length..] : key)), "cgroup", [.. tree], tree.Key + cgroup.Path));
        if (hierarchy.UnifiedMount is not null)
            mounts.Add(new CgroupMount("unified", "cgroup2", [], cgroup.UnifiedDirectory));
        return mounts;
    }

    private static BlockIoLimits BlockIo(BlockIoResources? io) => io is null ? new BlockIoLimits() : new BlockIoLimits
    {
        Weight = io.Weight,
        WeightDevices = [.. (io.WeightDevice ?? []).Where(d => d.Weight is not null).Select(d => new DeviceValue(d.Major, d.Minor, d.Weight!.Value))],
        ReadBytesPerSecond = Rates(io.ThrottleReadBpsDevice),
        WriteBytesPerSecond = Rates(io.ThrottleWriteBpsDevice),
        ReadOperationsPerSecond = Rates(io.ThrottleReadIopsDevice),
        WriteOperationsPerSecond = Rates(io.ThrottleWriteIopsDevice),
    };

    private static IReadOnlyList<DeviceValue> Rates(IList<ThrottleDevice>? devices) =>
        [.. (devices ?? []).Select(d => new DeviceValue(d.Major, d.Minor, d.Rate))];

    private static CgroupDeviceRule Device(Oci.Runtime.DeviceRule rule) =>
        new(rule.Allow, string.IsNullOrEmpty(rule.Type) ? 'a' : rule.Type[0], rule.Major is -1 ? null : rule.Major, rule.Minor is -1 ? null : rule.Minor,
            string.IsNullOrEmpty(rule.Access) ? "rwm" : rule.Access);
}
