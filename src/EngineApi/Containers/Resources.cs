namespace Tare.EngineApi.Containers;

/// <summary>Limits of a container, shared by its host configuration and by an update. 0, "" and null mean "not limited".</summary>
public abstract class Resources : IJsonOnDeserialized
{
    public long CpuShares { get; set; }

    /// <summary>Bytes.</summary>
    public long Memory { get; set; }

    /// <summary>Billionths of a processor.</summary>
    public long NanoCpus { get; set; }
    public string CgroupParent { get; set; } = "";
    public ushort BlkioWeight { get; set; }
    public List<WeightDevice>? BlkioWeightDevice { get; set; }
    public List<ThrottleDevice>? BlkioDeviceReadBps { get; set; }
    public List<ThrottleDevice>? BlkioDeviceWriteBps { get; set; }
    public List<ThrottleDevice>? BlkioDeviceReadIOps { get; set; }
    public List<ThrottleDevice>? BlkioDeviceWriteIOps { get; set; }

    /// <summary>Microseconds.</summary>
    public long CpuPeriod { get; set; }

    /// <summary>Microseconds per period.</summary>
    public long CpuQuota { get; set; }
    public long CpuRealtimePeriod { get; set; }
    public long CpuRealtimeRuntime { get; set; }
    public string CpusetCpus { get; set; } = "";
    public string CpusetMems { get; set; } = "";
    public List<DeviceMapping>? Devices { get; set; }
    public List<string>? DeviceCgroupRules { get; set; }
    public List<DeviceRequest>? DeviceRequests { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long KernelMemory { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long KernelMemoryTCP { get; set; }
    public long MemoryReservation { get; set; }

    /// <summary>Memory and swap together, in bytes; -1 is unlimited swap.</summary>
    public long MemorySwap { get; set; }
    public long? MemorySwappiness { get; set; }
    public bool? OomKillDisable { get; set; }

    /// <summary>0 or -1 is unlimited, null does not change.</summary>
    public long? PidsLimit { get; set; }
    public List<Ulimit>? Ulimits { get; set; }
    public long CpuCount { get; set; }
    public long CpuPercent { get; set; }
    public ulong IOMaximumIOps { get; set; }
    public ulong IOMaximumBandwidth { get; set; }

    /// <summary>An explicit null for a text means empty, as it does in Go.</summary>
    public virtual void OnDeserialized()
    {
        CgroupParent ??= "";
        CpusetCpus ??= "";
        CpusetMems ??= "";
    }
}

/// <summary>A block device's share, 10 to 1000.</summary>
public sealed class WeightDevice
{
    public string Path { get; set; } = "";
    public ushort Weight { get; set; }
}

/// <summary>A block device's rate in bytes or operations per second.</summary>
public sealed class ThrottleDevice
{
    public string Path { get; set; } = "";
    public ulong Rate { get; set; }
}

/// <summary>A host device made visible in the container with permissions out of "rwm".</summary>
public sealed class DeviceMapping
{
    public string PathOnHost { get; set; } = "";
    public string PathInContainer { get; set; } = "";
    public string CgroupPermissions { get; set; } = "";
}

/// <summary>Devices by capability or by CDI name.</summary>
public sealed class DeviceRequest
{
    public string Driver { get; set; } = "";
    public int Count { get; set; }
    public List<string>? DeviceIDs { get; set; }
    public List<List<string>>? Capabilities { get; set; }
    public Dictionary<string, string>? Options { get; set; }
}

/// <summary>One resource limit under its setrlimit name in lower case: "nofile".</summary>
public sealed class Ulimit
{
    public string Name { get; set; } = "";
    public long Hard { get; set; }
    public long Soft { get; set; }
}
