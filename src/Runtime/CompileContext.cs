using Tare.Errors;

namespace Tare.Runtime;

/// <summary>
/// What a compilation must know beside the OCI configuration: which passed descriptors are what (indexes into the spawn request's list) and
/// paths of the host. Immutable.
/// </summary>
public sealed record CompileContext
{
    /// <summary>Index of the root file system: a detached mount (fsmount or open_tree), which the program attaches and pivots to.</summary>
    public required int Root { get; init; }

    /// <summary>
    /// An existing empty directory of the host where the root is attached inside the container's own mount namespace; the host never sees it.
    /// </summary>
    public required string Anchor { get; init; }

    /// <summary>Indexes of cgroup.procs files of v1 hierarchies that the process writes itself into.</summary>
    public IReadOnlyList<int> CgroupProcs { get; init; } = [];

    /// <summary>Indexes of namespace files (or pidfds) to join, by OCI type: network, ipc, uts, cgroup, mount.</summary>
    public IReadOnlyDictionary<string, int> Join { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// The process stays in its spawner's mount namespace, as a configuration without one has it: the root file system is attached there for everybody to see, and
    /// entered by chroot. False gives every container a mount namespace.
    /// </summary>
    public bool SharesMounts { get; init; }

    /// <summary>Index of the container's new network namespace, its lo up, when the spawner has made it already; else the process is born into one.</summary>
    public int? Network { get; init; }

    /// <summary>Cgroup file systems for mounts of type cgroup.</summary>
    public IReadOnlyList<CgroupMount> CgroupMounts { get; init; } = [];

    /// <summary>A finished seccomp filter, which takes the place of the configuration's own; null leaves the choice to that.</summary>
    public ReadOnlyMemory<byte>? SeccompFilter { get; init; }

    /// <summary>tare-init stays as process 1, forwards signals and reaps.</summary>
    public bool Supervise { get; init; }

    /// <summary>Standard streams are pipes made for this process, so their owner becomes the container's user.</summary>
    public bool OwnsStandardStreams { get; init; }

    /// <summary>Whom standard streams are given before the user namespace is entered, in which nobody could: ids of the host.</summary>
    public (uint Uid, uint Gid)? StreamOwner { get; init; }

    /// <summary>As <see cref="OwnsStandardStreams"/>, for those of the numbers 0 to 2 only whose files somebody else has checked.</summary>
    public IReadOnlyList<int> OwnedStreams { get; init; } = [];

    /// <summary>Those of the numbers 0 to 2 that are the host's null device; the container gets its own.</summary>
    public IReadOnlyList<int> NullStreams { get; init; } = [];

    /// <summary>Index of a descriptor that is read from before the execve: the gate between `create` and `start`.</summary>
    public int? StartGate { get; init; }

    /// <summary>
    /// Indexes of detached mounts that the spawner has made, by the place of their mount in the configuration: sources that the process could not
    /// reach, mounts with mapped ids, file systems with content.
    /// </summary>
    public IReadOnlyDictionary<int, int> Sources { get; init; } = new Dictionary<int, int>();

    /// <summary>Sources of binds that are below the root themselves, by the place of their mount in the configuration: mounts made before lead to them.</summary>
    public IReadOnlyDictionary<int, InnerSource> InnerSources { get; init; } = new Dictionary<int, InnerSource>();

    /// <summary>Whether a prepared source is a directory, by the place of its mount; where nothing is said, its path is looked at.</summary>
    public IReadOnlyDictionary<int, bool> SourceDirectories { get; init; } = new Dictionary<int, bool>();

    /// <summary>Indexes of descriptors that the command inherits as 3, 4, …</summary>
    public IReadOnlyList<int> Preserved { get; init; } = [];

    /// <summary>The spawner runs hooks when namespaces and mounts are there.</summary>
    public bool StopsForHooks { get; init; }

    /// <summary>The terminal's output is for a caller that wants it as it was written.</summary>
    public bool KeepsNewlines { get; init; }

    /// <summary>The root file system is moved onto "/" and entered by chroot, for hosts whose own root cannot be pivoted away (initramfs).</summary>
    public bool NoPivot { get; init; }

    /// <summary>With <see cref="NoPivot"/>: where the host has proc and sysfs mounted, the innermost first.</summary>
    public IReadOnlyList<string> KernelMounts { get; init; } = [];

    /// <summary>
    /// The spawner is not root: the root file system is opened at this path by the process itself, which alone may mount, and <see cref="Root"/> is
    /// not used. Groups cannot be set.
    /// </summary>
    public string? RootlessRoot { get; init; }

    /// <summary>Device nodes are bound from the host, as they cannot be made: the spawner is in a user namespace itself.</summary>
    public bool BindsDevices { get; init; }

    /// <summary>Joins a new session keyring (runc's default).</summary>
    public bool NewKeyring { get; init; } = true;
}

/// <summary>A source below the root file system.</summary>
/// <param name="Path">Its path below the root.</param>
/// <param name="Asked">Only the spawner can open it or map its ids; asked when its turn comes.</param>
public sealed record InnerSource(string Path, bool Asked);

/// <summary>One cgroup file system as a container sees it.</summary>
/// <param name="Directory">Name below the mount's destination, or "" when the file system is the destination itself (pure v2).</param>
/// <param name="Type">cgroup or cgroup2.</param>
/// <param name="Options">Controllers or name=… of a v1 hierarchy.</param>
/// <param name="Source">The container's own group on the host, shown instead of the file system when there is no cgroup namespace.</param>
public sealed record CgroupMount(string Directory, string Type, IReadOnlyList<string> Options, string? Source = null);

/// <summary>A refusal of the configuration; the message names the field.</summary>
internal static class Refuse
{
    public static TareException Invalid(string message) => TareException.Invalid(message);
}
