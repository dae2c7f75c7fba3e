using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.Checkpoint;

/// <summary>`checkpoint`: criu writes down a running container's processes, which then end unless they are to go on.</summary>
public static class Checkpoint
{
    /// <summary>Dumps. The container's directory and group are the caller's to remove.</summary>
    public static void Run(ContainerProcess container, CheckpointOptions options)
    {
        string status = container.Status;
        if (status is "created" or "creating" or "stopped")
            throw new TareException(ErrorKind.Conflict, $"Container cannot be checkpointed in {status} state");
        if (container.State.MountBelow != 0)
            throw new TareException(ErrorKind.NotSupported, "a container without a mount namespace of its own cannot be saved");
        Dump.CheckInstalled(); // before anything is written
        RuntimeSpec spec = container.Directory.LoadConfiguration();
        if (options.PreDump || options.LazyPages)
            CheckFeatures(options);
        bool isUnified = Cgroups.CgroupHierarchy.OfThisMachine.Shape == Cgroups.CgroupShape.Unified;
        Dump.Run(new DumpSource
        {
            Pid = container.State.Pid,
            Spec = spec,
            Rootfs = container.State.Rootfs,
            Group = isUnified ? container.TryCgroup?.UnifiedDirectory : null,
            Joined = [.. (spec.Linux?.Namespaces ?? []).Where(ns => ns is { Type: "network" or "pid", Path.Length: > 0 }).Select(ns => (ns.Type, Inode(ns)))],
        }, options);
    }

    private static ulong Inode(NamespaceSpec ns)
    {
        using FileDescriptor file = Fcntl.Open(ns.Path!, Fcntl.O_RDONLY);
        return Stat.Of(file).Inode;
    }

    private static void CheckFeatures(CheckpointOptions options)
    {
        using CriuSession session = CriuSession.Start();
        CriuAnswer answer = session.Ask(CriuRequest.FeatureCheck, null, features: new CriuWriter().Flag(1, options.PreDump).Flag(2, options.LazyPages));
        if (!answer.Success)
            throw TareException.Internal($"criu cannot say what it can do here: {answer.Errno}; try \"criu check\"");
        if ((options.PreDump && !answer.MemoryTracking) || (options.LazyPages && !answer.LazyPages))
            throw new TareException(ErrorKind.NotSupported, $"criu is missing features: {(answer.MemoryTracking ? "lazy_pages" : "mem_track")}, which this kernel does not have");
    }
}
