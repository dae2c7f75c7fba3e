using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.Engine.Containers.Users;

namespace Tare.Engine.Containers.State;

/// <summary>
/// Everything the engine keeps of a container: what was wanted, in the wire's own types, and where it stands. Immutable; a change makes a new record
/// and <see cref="ContainerStore.Save"/> replaces the old one. The objects inside are never changed either.
/// </summary>
public sealed record ContainerRecord
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Without the leading slash.</summary>
    public required string Name { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>Digest of the image's configuration, "sha256:…".</summary>
    public required string ImageId { get; init; }

    /// <summary>Snapshot of the image's topmost layer, held for this container; empty for an image without layers.</summary>
    public string Chain { get; init; } = "";

    /// <summary>"linux/amd64".</summary>
    public string Platform { get; init; } = "linux";

    /// <summary>The wanted configuration, merged with the image's.</summary>
    public required ContainerConfig Config { get; init; }

    /// <summary>The wanted host configuration with defaults filled in.</summary>
    public required HostConfig HostConfig { get; init; }

    /// <summary>Networks by name: what is wished and, while it runs, the addresses.</summary>
    public IReadOnlyDictionary<string, EndpointSettings> Endpoints { get; init; } = new Dictionary<string, EndpointSettings>();

    /// <summary>Published ports in effect ("80/tcp"); empty while it does not run.</summary>
    public IReadOnlyDictionary<string, List<PortBinding>?> Ports { get; init; } = new Dictionary<string, List<PortBinding>?>();

    /// <summary>Its ids on the host, when it has a user namespace of its own.</summary>
    public UserRange? Users { get; init; }

    /// <summary>Links to other containers on the default bridge.</summary>
    public IReadOnlyList<LinkRecord> Links { get; init; } = [];

    /// <summary>All mounts in the order they are made.</summary>
    public IReadOnlyList<MountRecord> Mounts { get; init; } = [];

    /// <summary>Where it stands.</summary>
    public required LifecycleState State { get; init; }

    /// <summary>How often the restart policy has started it since a user did.</summary>
    public int RestartCount { get; init; }

    /// <summary>The delay before the last restart by policy, in nanoseconds; 0 when there was none.</summary>
    public long RestartDelay { get; init; }

    /// <summary>A user stopped it; "unless-stopped" respects that.</summary>
    public bool StoppedByUser { get; init; }

    /// <summary>Pinned network namespace, or empty.</summary>
    public string SandboxPath { get; init; } = "";

    /// <summary>The first word of the command.</summary>
    public string Path => Command.Count > 0 ? Command[0] : "";

    /// <summary>Entrypoint and command together.</summary>
    public IReadOnlyList<string> Command => [.. Config.Entrypoint ?? [], .. Config.Cmd ?? []];
}
