namespace Tare.Cgroups.V2;

/// <summary>cpu of cgroup v2: weight, bandwidth and idle. Its counters are in every v2 group, with or without the controller.</summary>
internal sealed class CpuController : IController
{
    public string Name => "cpu";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        CpuLimits cpu = limits.Cpu;
        if (cpu.Idle is { } idle)
            CgroupFile.WriteOrWarn(directory, "cpu.idle", CgroupFile.Text(idle), "idle scheduling", warnings);
        // An idle group takes no weight.
        if (cpu.Shares is > 0 && cpu.Idle is not 1)
            CgroupFile.Write(directory, "cpu.weight", CgroupFile.Text(Weight(cpu.Shares.Value)));
        if (cpu.Quota is not null && cpu.Burst is 0)
            CgroupFile.WriteOrWarn(directory, "cpu.max.burst", "0", "CPU burst", warnings);
        if (Bandwidth(directory, cpu) is { } bandwidth)
            CgroupFile.Write(directory, "cpu.max", bandwidth);
        if (cpu.Burst is { } burst)
            CgroupFile.WriteOrWarn(directory, "cpu.max.burst", CgroupFile.Text(burst), "CPU burst", warnings);
    }

    public CgroupStats Read(string directory, CgroupStats stats)
    {
        Dictionary<string, ulong> values = CgroupFile.ReadKeyed(directory, "cpu.stat");
        return stats with
        {
            Cpu = new CpuStats
            {
                TotalNanoseconds = values.GetValueOrDefault("usage_usec") * 1000,
                UserNanoseconds = values.GetValueOrDefault("user_usec") * 1000,
                SystemNanoseconds = values.GetValueOrDefault("system_usec") * 1000,
                Periods = values.GetValueOrDefault("nr_periods"),
                ThrottledPeriods = values.GetValueOrDefault("nr_throttled"),
                ThrottledNanoseconds = values.GetValueOrDefault("throttled_usec") * 1000,
            },
        };
    }

    /// <summary>
    /// v1 shares (2 to 262144, usually 1024) to a v2 weight (1 to 10000, usually 100) along the curve that other OCI runtimes use: a parabola in the
    /// logarithm through both ends and the usual value.
    /// </summary>
    internal static ulong Weight(ulong shares)
    {
        if (shares <= 2)
            return 1;
        if (shares >= 262144)
            return 10000;
        double log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, ((log * log) + (125 * log)) / 612.0 - (7.0 / 34.0)));
    }

    /// <summary>"quota period"; a part that is not given keeps its present value.</summary>
    private static string? Bandwidth(string directory, CpuLimits cpu)
    {
        if (cpu.Quota is null or 0 && cpu.Period is null or 0UL)
            return null;
        string[] present = CgroupFile.ReadWords(directory, "cpu.max");
        string quota = cpu.Quota is { } value && value != 0 ? CgroupFile.TextOrMax(value) : present.Length > 0 ? present[0] : "max";
        string period = cpu.Period is > 0 ? CgroupFile.Text(cpu.Period.Value) : present.Length > 1 ? present[1] : "100000";
        return $"{quota} {period}";
    }
}
