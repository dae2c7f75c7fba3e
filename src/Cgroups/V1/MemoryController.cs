using System.Globalization;
using Tare.Errors;

namespace Tare.Cgroups.V1;

/// <summary>memory of cgroup v1: limit, memory plus swap, soft limit, swappiness and the kill switch.</summary>
internal sealed class MemoryController : IController
{
    private const string LimitFile = "memory.limit_in_bytes";
    private const string SwapFile = "memory.memsw.limit_in_bytes";

    public string Name => "memory";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        MemoryLimits memory = limits.Memory;
        if (memory.Swap is >= 0 && memory.Limit is >= 0 && memory.Swap < memory.Limit)
            throw TareException.Invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
        ApplyLimits(directory, memory, warnings);
        if (memory.Reservation is { } reservation)
            CgroupFile.Write(directory, "memory.soft_limit_in_bytes", CgroupFile.Text(reservation));
        if (memory.Swappiness is { } swappiness)
            CgroupFile.WriteOrWarn(directory, "memory.swappiness", CgroupFile.Text(swappiness), "swappiness", warnings);
        if (memory.DisableOomKill is { } disable)
            CgroupFile.WriteOrWarn(directory, "memory.oom_control", disable ? "1" : "0", "OOM kill switch", warnings);
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats with
    {
        Memory = new MemoryStats
        {
            Usage = CgroupFile.ReadNumber(directory, "memory.usage_in_bytes") ?? 0,
            MaxUsage = CgroupFile.ReadNumber(directory, "memory.max_usage_in_bytes") ?? 0,
            Limit = CgroupFile.ReadNumber(directory, LimitFile),
            FailCount = CgroupFile.ReadNumber(directory, "memory.failcnt") ?? 0,
            OomKills = CgroupFile.ReadKeyed(directory, "memory.oom_control").GetValueOrDefault("oom_kill"),
            Detail = CgroupFile.ReadKeyed(directory, "memory.stat"),
        },
    };

    /// <summary>The kernel keeps memory ≤ memory+swap at every moment, so the order depends on the direction of the change.</summary>
    private static void ApplyLimits(string directory, MemoryLimits memory, ICollection<string> warnings)
    {
        // Without a limit of its own, memory+swap would stay below an unlimited memory limit.
        long? swap = memory.Limit is -1 && memory.Swap is null ? -1 : memory.Swap;
        if (swap is not null && !File.Exists($"{directory}/{SwapFile}"))
        {
            if (memory.Swap is not null)
                warnings.Add("the kernel does not count swap (no memory.memsw.limit_in_bytes; boot with swapaccount=1): swap limit discarded");
            swap = null;
        }
        bool raising = swap is { } next && (next < 0 || Current(directory) < (ulong)next);
        if (raising)
            CgroupFile.Write(directory, SwapFile, CgroupFile.Text(swap!.Value));
        if (memory.Limit is { } limit)
            WriteLimit(directory, limit);
        if (swap is { } lower && !raising)
            CgroupFile.Write(directory, SwapFile, CgroupFile.Text(lower));
    }

    private static ulong Current(string directory) =>
        ulong.TryParse(CgroupFile.TryRead(directory, SwapFile), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out ulong value)
            ? value : ulong.MaxValue;

    private static void WriteLimit(string directory, long limit)
    {
        if (limit >= 0 && Current(directory) < (ulong)limit)
            throw TareException.Invalid("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
        CgroupFile.Write(directory, LimitFile, CgroupFile.Text(limit));
    }
}
