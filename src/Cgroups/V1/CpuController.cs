namespace Tare.Cgroups.V1;

/// <summary>cpu of cgroup v1: shares, CFS quota and throttling counters. Always joined, so that containers compete as groups.</summary>
internal sealed class CpuController : IController
{
    public string Name => "cpu";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        CpuLimits cpu = limits.Cpu;
        if (cpu.Idle is { } idle)
            CgroupFile.WriteOrWarn(directory, "cpu.idle", CgroupFile.Text(idle), "idle scheduling", warnings);
        if (cpu.Shares is > 0)
            CgroupFile.Write(directory, "cpu.shares", CgroupFile.Text(cpu.Shares.Value));
        SetRealtime(directory, cpu, warnings);
        // A burst above the new quota is refused, one above the old quota too: lower it first, raise it last.
        if (cpu.Quota is not null && cpu.Burst is 0)
            CgroupFile.WriteOrWarn(directory, "cpu.cfs_burst_us", "0", "CPU burst", warnings);
        // Each is refused while the share that it makes with the other's old value is above the parent's: then the quota goes first.
        bool quotaFirst = cpu.Period is > 0 && cpu.Quota is > 0
            && CgroupFile.TryWrite(directory, "cpu.cfs_period_us", CgroupFile.Text(cpu.Period.Value)) == Linux.Errno.EINVAL;
        if (cpu.Period is > 0 && !quotaFirst)
            CgroupFile.Write(directory, "cpu.cfs_period_us", CgroupFile.Text(cpu.Period.Value));
        if (cpu.Quota is { } quota && quota != 0)
            CgroupFile.Write(directory, "cpu.cfs_quota_us", quota < 0 ? "-1" : CgroupFile.Text(quota));
        if (quotaFirst)
            CgroupFile.Write(directory, "cpu.cfs_period_us", CgroupFile.Text(cpu.Period!.Value));
        if (cpu.Burst is { } burst)
            CgroupFile.WriteOrWarn(directory, "cpu.cfs_burst_us", CgroupFile.Text(burst), "CPU burst", warnings);
    }

    /// <summary>As with the quota: a period below the old runtime is refused, then the runtime goes first.</summary>
    private static void SetRealtime(string directory, CpuLimits cpu, ICollection<string> warnings)
    {
        bool runtimeFirst = cpu.RealtimePeriod is > 0 && cpu.RealtimeRuntime is not (null or 0)
            && CgroupFile.TryWrite(directory, "cpu.rt_period_us", CgroupFile.Text(cpu.RealtimePeriod.Value)) == Linux.Errno.EINVAL;
        if (cpu.RealtimePeriod is > 0 && !runtimeFirst)
            CgroupFile.WriteOrWarn(directory, "cpu.rt_period_us", CgroupFile.Text(cpu.RealtimePeriod.Value), "realtime period", warnings);
        if (cpu.RealtimeRuntime is { } runtime && runtime != 0)
            CgroupFile.WriteOrWarn(directory, "cpu.rt_runtime_us", CgroupFile.Text(runtime), "realtime runtime", warnings);
        if (runtimeFirst)
            CgroupFile.WriteOrWarn(directory, "cpu.rt_period_us", CgroupFile.Text(cpu.RealtimePeriod!.Value), "realtime period", warnings);
    }

    public CgroupStats Read(string directory, CgroupStats stats)
    {
        Dictionary<string, ulong> values = CgroupFile.ReadKeyed(directory, "cpu.stat");
        return stats with
        {
            Cpu = stats.Cpu with
            {
                Periods = values.GetValueOrDefault("nr_periods"),
                ThrottledPeriods = values.GetValueOrDefault("nr_throttled"),
                ThrottledNanoseconds = values.GetValueOrDefault("throttled_time"),
            },
        };
    }
}
