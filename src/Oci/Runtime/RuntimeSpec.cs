using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Oci.Runtime.Reading;

namespace Tare.Oci.Runtime;

/// <summary>config.json of the OCI runtime specification 1.3 for Linux: the wanted container. A plain document; validation is the compiler's.</summary>
public sealed class RuntimeSpec
{
    [JsonPropertyName("ociVersion")] public string OciVersion { get; set; } = "1.3.0";
    public ProcessSpec? Process { get; set; }
    public RootSpec? Root { get; set; }
    public string? Hostname { get; set; }
    public string? Domainname { get; set; }
    public IList<MountSpec>? Mounts { get; set; }
    public HooksSpec? Hooks { get; set; }
    public LinuxSpec? Linux { get; set; }
    public IDictionary<string, string>? Annotations { get; set; }

    /// <summary>Reads a config.json; throws <see cref="JsonException"/> naming the path of what is wrong.</summary>
    public static RuntimeSpec Parse(ReadOnlySpan<byte> json) =>
        new JsonFields(json).Document(SpecReader.Spec) ?? JsonSerializer.Deserialize(json, RuntimeSpecJson.Default.RuntimeSpec) ?? throw new JsonException("config.json is null");

    /// <summary>The document as config.json, for people.</summary>
    public byte[] ToIndentedJson() => JsonSerializer.SerializeToUtf8Bytes(this, new RuntimeSpecJson(new JsonSerializerOptions(RuntimeSpecJson.Default.Options) { WriteIndented = true }).RuntimeSpec);

    /// <summary>The document as config.json.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RuntimeSpecJson.Default.RuntimeSpec);
}

/// <summary>root: where the root file system is and whether it is read-only.</summary>
public sealed class RootSpec
{
    public string Path { get; set; } = "rootfs";
    public bool Readonly { get; set; }
}

/// <summary>A mount in the order it is made.</summary>
public sealed class MountSpec
{
    public string Destination { get; set; } = "";
    public string? Type { get; set; }
    public string? Source { get; set; }
    public IList<string>? Options { get; set; }
    public IList<IdMapping>? UidMappings { get; set; }
    public IList<IdMapping>? GidMappings { get; set; }
}

/// <summary>process: what runs in the container.</summary>
public sealed class ProcessSpec
{
    public bool Terminal { get; set; }
    public ConsoleSize? ConsoleSize { get; set; }
    public UserSpec User { get; set; } = new();
    public IList<string>? Args { get; set; }
    public IList<string>? Env { get; set; }
    public string Cwd { get; set; } = "/";
    public CapabilitiesSpec? Capabilities { get; set; }
    public IList<RlimitSpec>? Rlimits { get; set; }
    public bool NoNewPrivileges { get; set; }
    public int? OomScoreAdj { get; set; }
    public string? ApparmorProfile { get; set; }
    public string? SelinuxLabel { get; set; }
    public SchedulerSpec? Scheduler { get; set; }
    public IoPrioritySpec? IoPriority { get; set; }
    [JsonPropertyName("execCPUAffinity")] public CpuAffinitySpec? ExecCpuAffinity { get; set; }

    /// <summary>Reads a process alone, as exec gets it; throws <see cref="JsonException"/> naming the path of what is wrong.</summary>
    public static ProcessSpec Parse(ReadOnlySpan<byte> json) =>
        new JsonFields(json).Document(ProcessReader.Process) ?? JsonSerializer.Deserialize(json, RuntimeSpecJson.Default.ProcessSpec) ?? throw new JsonException("the process is null");
}

/// <summary>Rows and columns of the terminal.</summary>
public sealed class ConsoleSize
{
    public uint Height { get; set; }
    public uint Width { get; set; }
}

/// <summary>Identity of the process.</summary>
public sealed class UserSpec
{
    public uint Uid { get; set; }
    public uint Gid { get; set; }
    public uint? Umask { get; set; }
    public IList<uint>? AdditionalGids { get; set; }
}

/// <summary>The five capability sets, by names such as CAP_CHOWN.</summary>
public sealed class CapabilitiesSpec
{
    public IList<string>? Bounding { get; set; }
    public IList<string>? Effective { get; set; }
    public IList<string>? Inheritable { get; set; }
    public IList<string>? Permitted { get; set; }
    public IList<string>? Ambient { get; set; }
}

/// <summary>One resource limit, RLIMIT_NOFILE and so on.</summary>
public sealed class RlimitSpec
{
    public string Type { get; set; } = "";
    public ulong Hard { get; set; }
    public ulong Soft { get; set; }
}

/// <summary>sched_setattr(2).</summary>
public sealed class SchedulerSpec
{
    public string Policy { get; set; } = "SCHED_OTHER";
    public int Nice { get; set; }
    public int Priority { get; set; }
    public IList<string>? Flags { get; set; }
    public ulong Runtime { get; set; }
    public ulong Deadline { get; set; }
    public ulong Period { get; set; }
}

/// <summary>ioprio_set(2).</summary>
public sealed class IoPrioritySpec
{
    public string Class { get; set; } = "IOPRIO_CLASS_NONE";
    public int Priority { get; set; }
}

/// <summary>CPU lists of a process that joins a container.</summary>
public sealed class CpuAffinitySpec
{
    public string? Initial { get; set; }
    public string? Final { get; set; }
}

/// <summary>Programs called at fixed points of a container's life.</summary>
public sealed class HooksSpec
{
    public IList<HookSpec>? Prestart { get; set; }
    public IList<HookSpec>? CreateRuntime { get; set; }
    public IList<HookSpec>? CreateContainer { get; set; }
    public IList<HookSpec>? StartContainer { get; set; }
    public IList<HookSpec>? Poststart { get; set; }
    public IList<HookSpec>? Poststop { get; set; }
}

/// <summary>One hook; the time-out is in seconds.</summary>
public sealed class HookSpec
{
    public string Path { get; set; } = "";
    public IList<string>? Args { get; set; }
    public IList<string>? Env { get; set; }
    public int? Timeout { get; set; }
}

/// <summary>Serialization without reflection, fields absent when null. Names in any case are read, as runc and its callers have it from Go.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(RuntimeSpec))]
[JsonSerializable(typeof(ProcessSpec))]
[JsonSerializable(typeof(LinuxResources))]
public sealed partial class RuntimeSpecJson : JsonSerializerContext;
