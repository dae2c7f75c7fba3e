namespace Tare.Cgroups;

/// <summary>
/// What a container may use, in the units and with the v1 meanings of the OCI runtime specification; on v2 the controllers convert.
/// A null value leaves the kernel's setting alone.
/// </summary>
public sealed record CgroupLimits
{
    /// <summary>Memory and swap.</summary>
    public MemoryLimits Memory { get; init; } = new();

    /// <summary>Processor time and placement.</summary>
    public CpuLimits Cpu { get; init; } = new();

    /// <summary>Block I/O.</summary>
    public BlockIoLimits BlockIo { get; init; } = new();

    /// <summary>Greatest number of tasks; negative is unlimited.</summary>
    public long? Pids { get; init; }

    /// <summary>Huge page limits by page size.</summary>
    public IReadOnlyList<HugepageLimit> Hugepages { get; init; } = [];

    /// <summary>Class of the packets that leave, for tc(8); v1 only.</summary>
    public uint? NetworkClass { get; init; }

    /// <summary>Priorities of packets by interface; v1 only.</summary>
    public IReadOnlyDictionary<string, uint> NetworkPriorities { get; init; } = new Dictionary<string, uint>();

    /// <summary>Handles and objects by RDMA device; null is unlimited.</summary>
    public IReadOnlyDictionary<string, (uint? Handles, uint? Objects)> Rdma { get; init; } = new Dictionary<string, (uint?, uint?)>();

    /// <summary>Device rules in order, later ones winning; null applies no device filter. Fixed when the cgroup is made.</summary>
    public IReadOnlyList<DeviceRule>? Devices { get; init; }

    /// <summary>
    /// The container manages groups of its own, as it may write to a mount of them: it gets a group in every v1 tree, also where nothing is limited.
    /// </summary>
    public bool EveryTree { get; init; }

    /// <summary>Raw v2 files and their values, written last; refused where there is no v2 tree.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = new Dictionary<string, string>();
}

/// <summary>Memory limits in bytes; -1 is unlimited.</summary>
public sealed record MemoryLimits
{
    /// <summary>Hard limit.</summary>
    public long? Limit { get; init; }

    /// <summary>Soft limit: what the kernel tries to leave to the container under pressure.</summary>
    public long? Reservation { get; init; }

    /// <summary>Memory plus swap, as v1 counts; must not be below <see cref="Limit"/>.</summary>
    public long? Swap { get; init; }

    /// <summary>0 to 100; v1 only.</summary>
    public long? Swappiness { get; init; }

    /// <summary>Pauses instead of killing when memory is exhausted; v1 only.</summary>
    public bool? DisableOomKill { get; init; }
}

/// <summary>Processor limits.</summary>
public sealed record CpuLimits
{
    /// <summary>Relative weight, 2 to 262144, 1024 when unset.</summary>
    public ulong? Shares { get; init; }

    /// <summary>Microseconds of processor time per period; negative is unlimited.</summary>
    public long? Quota { get; init; }

    /// <summary>Length of a period in microseconds.</summary>
    public ulong? Period { get; init; }

    /// <summary>Microseconds that may be saved up beyond the quota.</summary>
    public ulong? Burst { get; init; }

    /// <summary>1 gives the container only what nobody else wants (SCHED_IDLE).</summary>
    public long? Idle { get; init; }

    /// <summary>Length of a period of realtime scheduling in microseconds; v1 only.</summary>
    public ulong? RealtimePeriod { get; init; }

    /// <summary>Microseconds of realtime scheduling per period; v1 only.</summary>
    public long? RealtimeRuntime { get; init; }

    /// <summary>Processors, "0-2,4".</summary>
    public string? Cpus { get; init; }

    /// <summary>Memory nodes, "0,1".</summary>
    public string? Mems { get; init; }
}

/// <summary>Block I/O limits.</summary>
public sealed record BlockIoLimits
{
    /// <summary>Relative weight, 10 to 1000.</summary>
    public ushort? Weight { get; init; }

    /// <summary>Weights of single devices.</summary>
    public IReadOnlyList<DeviceValue> WeightDevices { get; init; } = [];

    /// <summary>Bytes per second read from a device.</summary>
    public IReadOnlyList<DeviceValue> ReadBytesPerSecond { get; init; } = [];

    /// <summary>Bytes per second written to a device.</summary>
    public IReadOnlyList<DeviceValue> WriteBytesPerSecond { get; init; } = [];

    /// <summary>Read operations per second.</summary>
    public IReadOnlyList<DeviceValue> ReadOperationsPerSecond { get; init; } = [];

    /// <summary>Write operations per second.</summary>
    public IReadOnlyList<DeviceValue> WriteOperationsPerSecond { get; init; } = [];
}

/// <summary>A number that applies to one block device.</summary>
public sealed record DeviceValue(long Major, long Minor, ulong Value);

/// <summary>Bytes of huge pages of one size ("2MB", "1GB").</summary>
public sealed record HugepageLimit(string PageSize, ulong Limit);
