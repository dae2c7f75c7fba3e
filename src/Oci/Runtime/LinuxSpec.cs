using System.Text.Json.Serialization;

namespace Tare.Oci.Runtime;

/// <summary>linux: namespaces, resources and restrictions (config-linux.md).</summary>
public sealed class LinuxSpec
{
    public IList<IdMapping>? UidMappings { get; set; }
    public IList<IdMapping>? GidMappings { get; set; }
    public IDictionary<string, string>? Sysctl { get; set; }
    public LinuxResources? Resources { get; set; }
    public string? CgroupsPath { get; set; }
    public IList<NamespaceSpec>? Namespaces { get; set; }
    public IList<DeviceSpec>? Devices { get; set; }
    public SeccompSpec? Seccomp { get; set; }
    public string? RootfsPropagation { get; set; }
    public IList<string>? MaskedPaths { get; set; }
    public IList<string>? ReadonlyPaths { get; set; }
    public string? MountLabel { get; set; }
    public PersonalitySpec? Personality { get; set; }
    public IDictionary<string, TimeOffset>? TimeOffsets { get; set; }
}

/// <summary>A range of ids: container side, host side, count.</summary>
public sealed class IdMapping
{
    [JsonPropertyName("containerID")] public uint ContainerId { get; set; }
    [JsonPropertyName("hostID")] public uint HostId { get; set; }
    public uint Size { get; set; }
}

/// <summary>A namespace: new, or joined when a path is given. Types: pid, network, mount, ipc, uts, user, cgroup, time.</summary>
public sealed class NamespaceSpec
{
    public string Type { get; set; } = "";
    public string? Path { get; set; }
}

/// <summary>Offset of a clock in a time namespace.</summary>
public sealed class TimeOffset
{
    public long Secs { get; set; }
    public uint Nanosecs { get; set; }
}

/// <summary>A device node to make; type c, b, u or p.</summary>
public sealed class DeviceSpec
{
    public string Type { get; set; } = "";
    public string Path { get; set; } = "";
    public long Major { get; set; }
    public long Minor { get; set; }
    public uint? FileMode { get; set; }
    public uint? Uid { get; set; }
    public uint? Gid { get; set; }
}

/// <summary>personality(2): LINUX or LINUX32.</summary>
public sealed class PersonalitySpec
{
    public string Domain { get; set; } = "LINUX";
    public IList<string>? Flags { get; set; }
}

/// <summary>The seccomp filter (config-linux.md#seccomp).</summary>
public sealed class SeccompSpec
{
    public string DefaultAction { get; set; } = "";
    public uint? DefaultErrnoRet { get; set; }
    public IList<string>? Architectures { get; set; }
    public IList<string>? Flags { get; set; }
    public string? ListenerPath { get; set; }
    public string? ListenerMetadata { get; set; }
    public IList<SeccompSyscall>? Syscalls { get; set; }
}

/// <summary>System calls with one action.</summary>
public sealed class SeccompSyscall
{
    public IList<string> Names { get; set; } = [];
    public string Action { get; set; } = "";
    public uint? ErrnoRet { get; set; }
    public IList<SeccompArg>? Args { get; set; }
}

/// <summary>A comparison of one argument.</summary>
public sealed class SeccompArg
{
    public uint Index { get; set; }
    public ulong Value { get; set; }
    public ulong ValueTwo { get; set; }
    public string Op { get; set; } = "";
}

/// <summary>Limits of the container's cgroup.</summary>
public sealed class LinuxResources
{
    public IList<DeviceRule>? Devices { get; set; }
    public MemoryResources? Memory { get; set; }
    public CpuResources? Cpu { get; set; }
    public PidsResources? Pids { get; set; }
    [JsonPropertyName("blockIO")] public BlockIoResources? BlockIo { get; set; }
    public IList<HugepageLimit>? HugepageLimits { get; set; }
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
