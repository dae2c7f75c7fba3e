namespace Tare.Runtime.Lifecycle;

/// <summary>What tare-runtime remembers of a container between two calls: state.json in its directory below --root, written by <see cref="StateDocument"/>.</summary>
public sealed record ContainerState
{
    public string OciVersion { get; init; } = "1.3.0";
    public required string Id { get; init; }
    public required int Pid { get; init; }

    /// <summary>Start time of the process in clock ticks since boot (proc_pid_stat(5), field 22): a reused pid is not taken for it.</summary>
    public required ulong StartTime { get; init; }

    public required string Bundle { get; init; }
    public required string Rootfs { get; init; }
    public required DateTime Created { get; init; }
    public required string Cgroup { get; init; }
    public required ulong Namespaces { get; init; }

    /// <summary>Without a mount namespace of its own: the mount that its root file system lies on, which shows again when the container has gone; else 0.</summary>
    public ulong MountBelow { get; init; }

    /// <summary>True until create is done.</summary>
    public bool Creating { get; init; }

    /// <summary>The group is a systemd scope of this name; null when it was made by hand.</summary>
    public string? Scope { get; init; }

    /// <summary>The directory of its class of the processor's resource control, and of its own monitoring; null without.</summary>
    public string? Resctrl { get; init; }

    /// <inheritdoc cref="Resctrl"/>
    public string? ResctrlMonitor { get; init; }

    /// <summary>The class was made for this container alone and goes with it.</summary>
    public bool OwnsResctrl { get; init; }

    /// <summary>The container was made by somebody else than root.</summary>
    public bool Rootless { get; init; }

    /// <summary>Whether start, or delete, has hooks to run.</summary>
    public bool HasStartHooks { get; init; }

    /// <inheritdoc cref="HasStartHooks"/>
    public bool HasStopHooks { get; init; }

    /// <summary>User id of who made it.</summary>
    public uint Owner { get; init; }

    public IDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The state that `state` and `list` print (runtime.md#state).</summary>
public sealed record ContainerReport
{
    public required string OciVersion { get; init; }
    public required string Id { get; init; }
    public required int Pid { get; init; }
    public required string Status { get; init; }
    public required string Bundle { get; init; }
    public required string Rootfs { get; init; }
    public required DateTime Created { get; init; }
    public required IDictionary<string, string>? Annotations { get; init; }
    public required string Owner { get; init; }
}

/// <summary>The state that hooks and a seccomp agent get (runtime.md#state).</summary>
public sealed record HookState
{
    public required string OciVersion { get; init; }
    public required string Id { get; init; }
    public required string Status { get; init; }
    public required int Pid { get; init; }
    public required string Bundle { get; init; }
    public required IDictionary<string, string>? Annotations { get; init; }
}
