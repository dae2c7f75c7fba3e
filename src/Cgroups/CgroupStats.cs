namespace Tare.Cgroups;

/// <summary>One reading of a container's use of the machine, in neutral units; the engine turns it into the API's form.</summary>
public sealed record CgroupStats
{
    /// <summary>Processor use.</summary>
    public CpuStats Cpu { get; init; } = new();

    /// <summary>Memory use.</summary>
    public MemoryStats Memory { get; init; } = new();

    /// <summary>Number of tasks.</summary>
    public PidsStats Pids { get; init; } = new();

    /// <summary>Bytes and operations by device and kind ("read", "write", …).</summary>
    public IReadOnlyList<BlockIoStat> BlockIo { get; init; } = [];
}

/// <summary>Processor time in nanoseconds since the cgroup was made.</summary>
public sealed record CpuStats
{
    /// <summary>User and kernel time.</summary>
    public ulong TotalNanoseconds { get; init; }

    /// <summary>Time in user mode.</summary>
    public ulong UserNanoseconds { get; init; }

    /// <summary>Time in the kernel.</summary>
    public ulong SystemNanoseconds { get; init; }

    /// <summary>Quota periods that elapsed.</summary>
    public ulong Periods { get; init; }

    /// <summary>Periods in which the quota was used up.</summary>
    public ulong ThrottledPeriods { get; init; }

    /// <summary>Time spent waiting for the next period.</summary>
    public ulong ThrottledNanoseconds { get; init; }
}

/// <summary>Memory in bytes.</summary>
public sealed record MemoryStats
{
    /// <summary>Everything charged, page cache included.</summary>
    public ulong Usage { get; init; }

    /// <summary>The greatest usage seen; 0 where the kernel does not say.</summary>
    public ulong MaxUsage { get; init; }

    /// <summary>The hard limit; null when unlimited.</summary>
    public ulong? Limit { get; init; }

    /// <summary>How often the limit was hit.</summary>
    public ulong FailCount { get; init; }

    /// <summary>Processes the kernel killed for want of memory.</summary>
    public ulong OomKills { get; init; }

    /// <summary>True when <see cref="Detail"/> has v2's names.</summary>
    public bool IsUnified { get; init; }

    /// <summary>The counters of memory.stat under the kernel's names.</summary>
    public IReadOnlyDictionary<string, ulong> Detail { get; init; } = new Dictionary<string, ulong>();
}

/// <summary>Tasks (threads count).</summary>
public sealed record PidsStats
{
    /// <summary>Now.</summary>
    public ulong Current { get; init; }

    /// <summary>The limit; null when unlimited.</summary>
    public ulong? Limit { get; init; }
}

/// <summary>One block device's counters for one kind of operation.</summary>
public sealed record BlockIoStat(long Major, long Minor, string Operation, ulong Bytes, ulong Operations);
