using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tare.Runtime.Lifecycle;

/// <summary>What tare-runtime remembers of a container between two calls: state.json in its directory below --root.</summary>
public sealed record ContainerState
{
    [JsonPropertyName("ociVersion")] public string OciVersion { get; init; } = "1.3.0";
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("pid")] public required int Pid { get; init; }

    /// <summary>Start time of the process in clock ticks since boot (proc_pid_stat(5), field 22): a reused pid is not taken for it.</summary>
    [JsonPropertyName("startTime")] public required ulong StartTime { get; init; }

    [JsonPropertyName("bundle")] public required string Bundle { get; init; }
    [JsonPropertyName("rootfs")] public required string Rootfs { get; init; }
    [JsonPropertyName("created")] public required DateTime Created { get; init; }
    [JsonPropertyName("cgroup")] public required string Cgroup { get; init; }
    [JsonPropertyName("namespaces")] public required ulong Namespaces { get; init; }

    /// <summary>True until create is done.</summary>
    [JsonPropertyName("creating")] public bool Creating { get; init; }

    /// <summary>The group is a systemd scope of this name; null when it was made by hand.</summary>
    [JsonPropertyName("scope")] public string? Scope { get; init; }

    /// <summary>The container was made by somebody else than root.</summary>
    [JsonPropertyName("rootless")] public bool Rootless { get; init; }

    /// <summary>Whether start, or delete, has hooks to run.</summary>
    [JsonPropertyName("startHooks")] public bool HasStartHooks { get; init; }

    /// <inheritdoc cref="HasStartHooks"/>
    [JsonPropertyName("stopHooks")] public bool HasStopHooks { get; init; }

    /// <summary>User id of who made it.</summary>
    [JsonPropertyName("owner")] public uint Owner { get; init; }

    [JsonPropertyName("annotations")] public IDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The state that `state` and `list` print (runtime.md#state).</summary>
public sealed record ContainerReport
{
    [JsonPropertyName("ociVersion")] public required string OciVersion { get; init; }
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("pid")] public required int Pid { get; init; }
    [JsonPropertyName("status")] public required string Status { get; init; }
    [JsonPropertyName("bundle")] public required string Bundle { get; init; }
    [JsonPropertyName("rootfs")] public required string Rootfs { get; init; }
    [JsonPropertyName("created")] public required DateTime Created { get; init; }
    [JsonPropertyName("annotations")] public IDictionary<string, string>? Annotations { get; init; }
    [JsonPropertyName("owner")] public string Owner { get; init; } = "";
}

/// <summary>The state that hooks and a seccomp agent get (runtime.md#state).</summary>
public sealed record HookState
{
    [JsonPropertyName("ociVersion")] public required string OciVersion { get; init; }
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("status")] public required string Status { get; init; }
    [JsonPropertyName("pid")] public required int Pid { get; init; }
    [JsonPropertyName("bundle")] public required string Bundle { get; init; }
    [JsonPropertyName("annotations")] public IDictionary<string, string>? Annotations { get; init; }
}

/// <summary>What goes to a seccomp agent together with the listener (config-linux.md#containerprocessstate).</summary>
public sealed record SeccompAgentState
{
    [JsonPropertyName("ociVersion")] public required string OciVersion { get; init; }
    [JsonPropertyName("fds")] public IReadOnlyList<string> Fds { get; init; } = ["seccompFd"];
    [JsonPropertyName("pid")] public required int Pid { get; init; }
    [JsonPropertyName("metadata")] public string? Metadata { get; init; }
    [JsonPropertyName("state")] public required HookState State { get; init; }
}

/// <summary>Serialization of all.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerState))]
[JsonSerializable(typeof(ContainerReport))]
[JsonSerializable(typeof(List<ContainerReport>))]
[JsonSerializable(typeof(HookState))]
[JsonSerializable(typeof(SeccompAgentState))]
public sealed partial class ContainerStateJson : JsonSerializerContext;
