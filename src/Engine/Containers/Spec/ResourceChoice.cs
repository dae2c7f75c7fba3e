using Tare.Cgroups;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Spec;

/// <summary>Docker's limits in the cgroup's words.</summary>
internal static class ResourceChoice
{
    private const long DefaultPeriod = 100_000;

    /// <summary>The limits of a container; zeros and empty texts set nothing.</summary>
    internal static CgroupLimits ToLimits(Resources resources, IReadOnlyList<DeviceRule>? devices) => new()
    {
        Memory = new MemoryLimits
        {
            Limit = NonZero(resources.Memory),
            Reservation = NonZero(resources.MemoryReservation),
            Swap = NonZero(resources.MemorySwap),
            Swappiness = resources.MemorySwappiness is >= 0 ? resources.MemorySwappiness : null,
            DisableOomKill = resources.OomKillDisable is true ? true : null,
        },
        Cpu = new CpuLimits
        {
            Shares = resources.CpuShares > 0 ? (ulong)resources.CpuShares : null,
            Quota = resources.NanoCpus > 0 ? resources.NanoCpus * DefaultPeriod / 1_000_000_000 : NonZero(resources.CpuQuota),
            Period = resources.NanoCpus > 0 ? (ulong)DefaultPeriod : resources.CpuPeriod > 0 ? (ulong)resources.CpuPeriod : null,
            RealtimePeriod = resources.CpuRealtimePeriod > 0 ? (ulong)resources.CpuRealtimePeriod : null,
            RealtimeRuntime = NonZero(resources.CpuRealtimeRuntime),
            Cpus = resources.CpusetCpus.Length > 0 ? resources.CpusetCpus : null,
            Mems = resources.CpusetMems.Length > 0 ? resources.CpusetMems : null,
        },
        BlockIo = new BlockIoLimits
        {
            Weight = resources.BlkioWeight > 0 ? resources.BlkioWeight : null,
            WeightDevices = [.. (resources.BlkioWeightDevice ?? []).Select(d => Value(d.Path, d.Weight))],
            ReadBytesPerSecond = Values(resources.BlkioDeviceReadBps),
            WriteBytesPerSecond = Values(resources.BlkioDeviceWriteBps),
            ReadOperationsPerSecond = Values(resources.BlkioDeviceReadIOps),
            WriteOperationsPerSecond = Values(resources.BlkioDeviceWriteIOps),
        },
        Pids = resources.PidsLimit is { } pids and not 0 ? pids : null,
        Devices = devices,
    };

    private static long? NonZero(long value) => value == 0 ? null : value;

    private static List<DeviceValue> Values(List<ThrottleDevice>? devices) => [.. (devices ?? []).Select(d => Value(d.Path, d.Rate))];

    private static DeviceValue Value(string path, ulong value)
    {
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, Fcntl.O_PATH, 0, out FileDescriptor node);
        if (errno != Errno.None)
            throw TareException.Invalid($"block device \"{path}\": {errno.Describe()}");
        using (node)
        {
            FileStatus status = Stat.Of(node);
            return status.Type == FileStatus.S_IFBLK
                ? new DeviceValue(status.RdevMajor, status.RdevMinor, value)
                : throw TareException.Invalid($"\"{path}\" is not a block device");
        }
    }
}
