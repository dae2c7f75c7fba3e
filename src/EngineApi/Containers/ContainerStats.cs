namespace Tare.EngineApi.Containers;

/// <summary>One sample of GET /containers/{id}/stats.</summary>
public sealed class ContainerStats
{
    [JsonPropertyName("name")] public string Name { get; set; } = "";
    [JsonPropertyName("id")] public string Id { get; set; } = "";
    [JsonPropertyName("read")] public string Read { get; set; } = GoTime.Zero;
    [JsonPropertyName("preread")] public string PreRead { get; set; } = GoTime.Zero;
    [JsonPropertyName("pids_stats")] public PidsStats Pids { get; set; } = new();
    [JsonPropertyName("blkio_stats")] public BlkioStats Blkio { get; set; } = new();
    [JsonPropertyName("num_procs")] public uint NumProcs { get; set; }
    [JsonPropertyName("storage_stats")] public EmptyObject Storage { get; set; } = new();
    [JsonPropertyName("cpu_stats")] public CpuStats Cpu { get; set; } = new();
    [JsonPropertyName("precpu_stats")] public CpuStats PreCpu { get; set; } = new();
    [JsonPropertyName("memory_stats")] public MemoryStats Memory { get; set; } = new();
    [JsonPropertyName("networks"), JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, NetworkStats>? Networks { get; set; }
}

/// <summary>Numbers of tasks.</summary>
public sealed class PidsStats
{
    [JsonPropertyName("current"), JsonIgnore(Condition = WhenWritingDefault)] public ulong Current { get; set; }
    [JsonPropertyName("limit"), JsonIgnore(Condition = WhenWritingDefault)] public ulong Limit { get; set; }
}

/// <summary>Block I/O by device and operation.</summary>
public sealed class BlkioStats
{
    [JsonPropertyName("io_service_bytes_recursive")] public List<BlkioEntry>? IoServiceBytesRecursive { get; set; }
    [JsonPropertyName("io_serviced_recursive")] public List<BlkioEntry>? IoServicedRecursive { get; set; }
    [JsonPropertyName("io_queue_recursive")] public List<BlkioEntry>? IoQueueRecursive { get; set; }
    [JsonPropertyName("io_service_time_recursive")] public List<BlkioEntry>? IoServiceTimeRecursive { get; set; }
    [JsonPropertyName("io_wait_time_recursive")] public List<BlkioEntry>? IoWaitTimeRecursive { get; set; }
    [JsonPropertyName("io_merged_recursive")] public List<BlkioEntry>? IoMergedRecursive { get; set; }
    [JsonPropertyName("io_time_recursive")] public List<BlkioEntry>? IoTimeRecursive { get; set; }
    [JsonPropertyName("sectors_recursive")] public List<BlkioEntry>? SectorsRecursive { get; set; }
}

/// <summary>One block I/O counter.</summary>
public sealed class BlkioEntry
{
    [JsonPropertyName("major")] public ulong Major { get; set; }
    [JsonPropertyName("minor")] public ulong Minor { get; set; }

    /// <summary>read or write.</summary>
    [JsonPropertyName("op")] public string Op { get; set; } = "";
    [JsonPropertyName("value")] public ulong Value { get; set; }
}

/// <summary>Processor time of the container and of the whole machine.</summary>
public sealed class CpuStats
{
    [JsonPropertyName("cpu_usage")] public CpuUsage Usage { get; set; } = new();

    /// <summary>Nanoseconds of all processors together.</summary>
    [JsonPropertyName("system_cpu_usage"), JsonIgnore(Condition = WhenWritingDefault)] public ulong SystemUsage { get; set; }
    [JsonPropertyName("online_cpus"), JsonIgnore(Condition = WhenWritingDefault)] public uint OnlineCpus { get; set; }
    [JsonPropertyName("throttling_data")] public ThrottlingData Throttling { get; set; } = new();
}

/// <summary>Processor time in nanoseconds.</summary>
public sealed class CpuUsage
{
    [JsonPropertyName("total_usage")] public ulong Total { get; set; }
    [JsonPropertyName("percpu_usage"), JsonIgnore(Condition = WhenWritingNull)] public List<ulong>? PerCpu { get; set; }
    [JsonPropertyName("usage_in_kernelmode")] public ulong Kernel { get; set; }
    [JsonPropertyName("usage_in_usermode")] public ulong User { get; set; }
}

/// <summary>How often and how long the quota held the container back.</summary>
public sealed class ThrottlingData
{
    [JsonPropertyName("periods")] public ulong Periods { get; set; }
    [JsonPropertyName("throttled_periods")] public ulong ThrottledPeriods { get; set; }
    [JsonPropertyName("throttled_time")] public ulong ThrottledTime { get; set; }
}

/// <summary>Memory in bytes.</summary>
public sealed class MemoryStats
{
    [JsonPropertyName("usage"), JsonIgnore(Condition = WhenWritingDefault)] public ulong Usage { get; set; }
    [JsonPropertyName("max_usage"), JsonIgnore(Condition = WhenWritingDefault)] public ulong MaxUsage { get; set; }

    /// <summary>The lines of memory.stat.</summary>
    [JsonPropertyName("stats"), JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, ulong>? Stats { get; set; }
    [JsonPropertyName("failcnt"), JsonIgnore(Condition = WhenWritingDefault)] public ulong FailCount { get; set; }
    [JsonPropertyName("limit"), JsonIgnore(Condition = WhenWritingDefault)] public ulong Limit { get; set; }
}

/// <summary>Counters of one interface.</summary>
public sealed class NetworkStats
{
    [JsonPropertyName("rx_bytes")] public ulong RxBytes { get; set; }
    [JsonPropertyName("rx_packets")] public ulong RxPackets { get; set; }
    [JsonPropertyName("rx_errors")] public ulong RxErrors { get; set; }
    [JsonPropertyName("rx_dropped")] public ulong RxDropped { get; set; }
    [JsonPropertyName("tx_bytes")] public ulong TxBytes { get; set; }
    [JsonPropertyName("tx_packets")] public ulong TxPackets { get; set; }
    [JsonPropertyName("tx_errors")] public ulong TxErrors { get; set; }
    [JsonPropertyName("tx_dropped")] public ulong TxDropped { get; set; }
}
