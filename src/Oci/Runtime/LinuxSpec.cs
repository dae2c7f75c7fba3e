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
    public MemoryPolicySpec? MemoryPolicy { get; set; }
    public IntelRdtSpec? IntelRdt { get; set; }
    public IDictionary<string, NetDeviceSpec>? NetDevices { get; set; }
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

/// <summary>set_mempolicy(2): a mode such as MPOL_BIND, the nodes it is about ("0-1,3"), and flags.</summary>
public sealed class MemoryPolicySpec
{
    public string Mode { get; set; } = "";
    public string? Nodes { get; set; }
    public IList<string>? Flags { get; set; }
}

/// <summary>A class of the processor's resource control (resctrl).</summary>
public sealed class IntelRdtSpec
{
    [JsonPropertyName("closID")] public string? ClosId { get; set; }
    public IList<string>? Schemata { get; set; }
    public string? L3CacheSchema { get; set; }
    public string? MemBwSchema { get; set; }
    public bool EnableMonitoring { get; set; }
}

/// <summary>A network device of the host that moves into the container, under another name if one is given.</summary>
public sealed class NetDeviceSpec
{
    public string? Name { get; set; }
}
