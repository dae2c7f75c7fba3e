using Tare.Cgroups;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Checkpoint;

/// <summary>A detached mount that criu gets as a descriptor, because no path of the host's leads to it.</summary>
public sealed record PreparedMount(FileDescriptor Mount, bool IsDirectory);

/// <summary>In what a container's processes are made anew. The descriptors stay the caller's.</summary>
public sealed record RestoreSource
{
    /// <summary>The configuration: what is mounted where, and which namespaces are joined by path.</summary>
    public required RuntimeSpec Spec { get; init; }

    /// <summary>An empty directory of the host; criu sees the root file system there, nobody else does.</summary>
    public required string Place { get; init; }

    /// <summary>The root file system's directory; null when it is <see cref="Root"/>.</summary>
    public string? Rootfs { get; init; }

    /// <summary>The root file system as a detached mount.</summary>
    public FileDescriptor? Root { get; init; }

    /// <summary>Joined namespaces that no path leads to: "network" or "pid".</summary>
    public IReadOnlyDictionary<string, FileDescriptor> Namespaces { get; init; } = new Dictionary<string, FileDescriptor>();

    /// <summary>Detached mounts by their destinations.</summary>
    public IReadOnlyDictionary<string, PreparedMount> Mounts { get; init; } = new Dictionary<string, PreparedMount>();

    /// <summary>Another empty directory of the host, for <see cref="Mounts"/>.</summary>
    public string MountsPlace { get; init; } = "";

    /// <summary>The container's group.</summary>
    public CgroupEntry? Group { get; init; }

    /// <summary>Whom the output streams are given.</summary>
    public (uint Uid, uint Gid)? StreamOwner { get; init; }
}

/// <summary>What is told while criu restores; it goes on when the call returns, and gives up when it throws.</summary>
public sealed record RestoreEvents
{
    /// <summary>The namespaces of the first process are there.</summary>
    public Action<int>? NamespacesMade { get; init; }

    /// <summary>Everything is there and about to go on: the first process, a child of criu's parent, and the master side of its terminal, if it has one.</summary>
    public Action<int, FileDescriptor?>? Restored { get; init; }
}
