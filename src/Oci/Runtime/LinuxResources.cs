using System.Text.Json.Serialization;

namespace Tare.Oci.Runtime;

/// <summary>Limits of the container's cgroup.</summary>
public sealed class LinuxResources
{
    public IList<DeviceRule>? Devices { get; set; }
    public MemoryResources? Memory { get; set; }
    public CpuResources? Cpu { get; set; }
    public PidsResources? Pids { get; set; }
    [JsonPropertyName("blockIO")] public BlockIoResources? BlockIo { get; set; }
    public IList<HugepageLimit>? HugepageLimits { get; set; }
    public NetworkResources? Network { get; set; }
    public IDictionary<string, RdmaLimit>? Rdma { get; set; }
    public IDictionary<string, string>? Unified { get; set; }
}

/// <summary>A rule of the device filter; the last matching rule decides.</summary>
public sealed class DeviceRule
{
    public bool Allow { get; set; }
    public string? Type { get; set; }
    public long? Major { get; set; }
    public long? Minor { get; set; }
    public string? Access { get; set; }
}

/// <summary>Memory, in bytes; -1 is unlimited. Swap counts memory and swap together.</summary>
public sealed class MemoryResources
{
    public long? Limit { get; set; }
    public long? Reservation { get; set; }
    public long? Swap { get; set; }
    public long? Kernel { get; set; }
    [JsonPropertyName("kernelTCP")] public long? KernelTcp { get; set; }
    public ulong? Swappiness { get; set; }
    [JsonPropertyName("disableOOMKiller")] public bool? DisableOomKiller { get; set; }
    public bool? UseHierarchy { get; set; }
    public bool? CheckBeforeUpdate { get; set; }
}

/// <summary>CPU; quota and period in microseconds.</summary>
public sealed class CpuResources
{
    public ulong? Shares { get; set; }
    public long? Quota { get; set; }
    public ulong? Burst { get; set; }
    public ulong? Period { get; set; }
    public long? RealtimeRuntime { get; set; }
    public ulong? RealtimePeriod { get; set; }
    public string? Cpus { get; set; }
    public string? Mems { get; set; }
    public long? Idle { get; set; }
}

/// <summary>Number of processes; -1 is unlimited.</summary>
public sealed class PidsResources
{
    public long? Limit { get; set; }
}

/// <summary>Block I/O weights and rates.</summary>
public sealed class BlockIoResources
{
    public ushort? Weight { get; set; }
    public ushort? LeafWeight { get; set; }
    public IList<WeightDevice>? WeightDevice { get; set; }
    public IList<ThrottleDevice>? ThrottleReadBpsDevice { get; set; }
    public IList<ThrottleDevice>? ThrottleWriteBpsDevice { get; set; }
    [JsonPropertyName("throttleReadIOPSDevice")] public IList<ThrottleDevice>? ThrottleReadIopsDevice { get; set; }
    [JsonPropertyName("throttleWriteIOPSDevice")] public IList<ThrottleDevice>? ThrottleWriteIopsDevice { get; set; }
}

/// <summary>Weight of one block device.</summary>
public sealed class WeightDevice
{
    public long Major { get; set; }
    public long Minor { get; set; }
    public ushort? Weight { get; set; }
    public ushort? LeafWeight { get; set; }
}

/// <summary>Rate of one block device: bytes or operations a second.</summary>
public sealed class ThrottleDevice
{
    public long Major { get; set; }
    public long Minor { get; set; }
    public ulong Rate { get; set; }
}

/// <summary>Limit of one huge page size, such as 2MB.</summary>
public sealed class HugepageLimit
{
    public string PageSize { get; set; } = "";
    public ulong Limit { get; set; }
}

/// <summary>Marks of a container's packets (cgroup v1): a class for tc, and priorities for each interface.</summary>
public sealed class NetworkResources
{
    [JsonPropertyName("classID")] public uint? ClassId { get; set; }
    public IList<InterfacePriority>? Priorities { get; set; }
}

/// <summary>Priority of packets that leave through an interface.</summary>
public sealed class InterfacePriority
{
    public string Name { get; set; } = "";
    public uint Priority { get; set; }
}

/// <summary>Limits of one RDMA device.</summary>
public sealed class RdmaLimit
{
    public uint? HcaHandles { get; set; }
    public uint? HcaObjects { get; set; }
}
