using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Options;

/// <summary>Options that limit what a container uses.</summary>
internal sealed class LimitFlags(FlagSet flags)
{
    private readonly NumberFlag _memory = flags.Bytes("memory", "Memory limit", 'm');
    private readonly NumberFlag _reservation = flags.Bytes("memory-reservation", "Memory soft limit");
    private readonly NumberFlag _swap = flags.Bytes("memory-swap", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap", allowUnlimited: true);
    private readonly NumberFlag _swappiness = flags.Integer("memory-swappiness", "Tune container memory swappiness (0 to 100)", value: -1);
    private readonly SwitchFlag _oomKillDisable = flags.Switch("oom-kill-disable", "Disable OOM Killer");
    private readonly NumberFlag _cpus = flags.Number("cpus", "Number of CPUs", "decimal", DeviceOption.NanoCpus);
    private readonly NumberFlag _cpuShares = flags.Integer("cpu-shares", "CPU shares (relative weight)", 'c');
    private readonly NumberFlag _cpuPeriod = flags.Integer("cpu-period", "Limit CPU CFS (Completely Fair Scheduler) period");
    private readonly NumberFlag _cpuQuota = flags.Integer("cpu-quota", "Limit CPU CFS (Completely Fair Scheduler) quota");
    private readonly NumberFlag _realtimePeriod = flags.Integer("cpu-rt-period", "Limit CPU real-time period in microseconds");
    private readonly NumberFlag _realtimeRuntime = flags.Integer("cpu-rt-runtime", "Limit CPU real-time runtime in microseconds");
    private readonly TextFlag _cpusetCpus = flags.Text("cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)");
    private readonly TextFlag _cpusetMems = flags.Text("cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)");
    private readonly NumberFlag _pids = flags.Integer("pids-limit", "Tune container pids limit (set -1 for unlimited)");
    private readonly NumberFlag _blkioWeight = flags.Number(
        "blkio-weight", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)", "uint16", DeviceOption.Weight);
    private readonly ListFlag _blkioWeightDevice = flags.List("blkio-weight-device", "Block IO weight (relative device weight)", check: t => DeviceOption.WeightDevice(t));
    private readonly ListFlag _readBps = flags.List("device-read-bps", "Limit read rate (bytes per second) from a device", check: t => DeviceOption.Rate(t, true));
    private readonly ListFlag _writeBps = flags.List("device-write-bps", "Limit write rate (bytes per second) to a device", check: t => DeviceOption.Rate(t, true));
    private readonly ListFlag _readIops = flags.List("device-read-iops", "Limit read rate (IO per second) from a device", check: t => DeviceOption.Rate(t, false));
    private readonly ListFlag _writeIops = flags.List("device-write-iops", "Limit write rate (IO per second) to a device", check: t => DeviceOption.Rate(t, false));

    /// <summary>Only the options that an update takes too.</summary>
    public void ApplyTo(Resources resources)
    {
        resources.Memory = _memory.Value;
        resources.MemoryReservation = _reservation.Value;
        resources.MemorySwap = _swap.Value;
        if (_swappiness.Value is < -1 or > 100)
            throw Errors.TareException.Invalid($"invalid value: {_swappiness.Value}. Valid memory swappiness range is 0-100");
        resources.MemorySwappiness = _swappiness.Given is { } n and not -1 ? n : null;
        resources.OomKillDisable = _oomKillDisable.IsSet ? _oomKillDisable.Value : null;
        resources.NanoCpus = _cpus.Value;
        resources.CpuShares = _cpuShares.Value;
        resources.CpuPeriod = _cpuPeriod.Value;
        resources.CpuQuota = _cpuQuota.Value;
        resources.CpuRealtimePeriod = _realtimePeriod.Value;
        resources.CpuRealtimeRuntime = _realtimeRuntime.Value;
        resources.CpusetCpus = _cpusetCpus.Value;
        resources.CpusetMems = _cpusetMems.Value;
        resources.PidsLimit = _pids.Given;
        resources.BlkioWeight = (ushort)_blkioWeight.Value;
        resources.BlkioWeightDevice = Map(_blkioWeightDevice, DeviceOption.WeightDevice);
        resources.BlkioDeviceReadBps = Map(_readBps, t => DeviceOption.Rate(t, true));
        resources.BlkioDeviceWriteBps = Map(_writeBps, t => DeviceOption.Rate(t, true));
        resources.BlkioDeviceReadIOps = Map(_readIops, t => DeviceOption.Rate(t, false));
        resources.BlkioDeviceWriteIOps = Map(_writeIops, t => DeviceOption.Rate(t, false));
    }

    private static List<T>? Map<T>(ListFlag flag, Func<string, T> read) => flag.Values.Count == 0 ? null : flag.Values.ConvertAll(t => read(t));
}
