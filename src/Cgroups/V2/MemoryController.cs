using Tare.Errors;

namespace Tare.Cgroups.V2;

/// <summary>memory of cgroup v2: maximum, protection, and swap counted apart from memory.</summary>
internal sealed class MemoryController : IController
{
    public string Name => "memory";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        MemoryLimits memory = limits.Memory;
        if (SwapMaximum(directory, memory) is { } swap)
            CgroupFile.WriteOrWarn(directory, "memory.swap.max", swap, "swap limit", warnings);
        if (memory.Limit is { } limit && limit != 0)
            CgroupFile.Write(directory, "memory.max", CgroupFile.TextOrMax(limit));
        if (memory.Reservation is { } reservation)
            CgroupFile.Write(directory, "memory.low", CgroupFile.TextOrMax(reservation));
        if (memory.Swappiness is not null)
            warnings.Add("cgroup v2 has no swappiness of a group: swappiness discarded");
        if (memory.DisableOomKill is true)
            warnings.Add("cgroup v2 cannot switch the OOM killer off: option discarded");
    }

    public CgroupStats Read(string directory, CgroupStats stats)
    {
        Dictionary<string, ulong> events = CgroupFile.ReadKeyed(directory, "memory.events");
        return stats with
        {
            Memory = new MemoryStats
            {
                Usage = CgroupFile.ReadNumber(directory, "memory.current") ?? 0,
                MaxUsage = CgroupFile.ReadNumber(directory, "memory.peak") ?? 0,
                Limit = CgroupFile.ReadNumber(directory, "memory.max"),
                FailCount = events.GetValueOrDefault("max"),
                OomKills = events.GetValueOrDefault("oom_kill"),
                IsUnified = true,
                Detail = CgroupFile.ReadKeyed(directory, "memory.stat"),
            },
        };
    }

    /// <summary>v1 limits memory plus swap, v2 swap alone: the difference.</summary>
    private static string? SwapMaximum(string directory, MemoryLimits memory)
    {
        if (memory.Swap is null or 0)
            return memory.Limit is -1 ? "max" : null;
        if (memory.Swap < 0)
            return "max";
        long limit = memory.Limit is > 0 ? memory.Limit.Value : (long?)CgroupFile.ReadNumber(directory, "memory.max")
            ?? throw TareException.Invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
        if (memory.Swap < limit)
            throw TareException.Invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
        return CgroupFile.Text(memory.Swap.Value - limit);
    }
}
