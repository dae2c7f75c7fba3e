using Tare.Cgroups;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;

namespace Tare.Engine.Containers;

/// <summary>Takes down what a run of a container had in the kernel: network, cgroup, volume mounts. Also for what a dead engine left.</summary>
internal sealed class ContainerTeardown(ContainerContext context)
{
    private static readonly TimeSpan CgroupTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Removes everything, going on past failures, which are returned. The caller holds the container's lock.</summary>
    internal async Task<IReadOnlyList<Exception>> RunAsync(ContainerRecord record)
    {
        UndoStack steps = new();
        foreach (MountRecord mount in record.Mounts.Where(m => m.Kind == MountKind.Volume))
            steps.Push(() => context.Volumes.UnmountAsync(mount.VolumeName!, record.Id));
        steps.Push(() => DeleteCgroup(record));
        if (NetworkChoice.HasSandbox(record))
            steps.Push(() => context.Networks.CloseAsync(record.Id));
        return await steps.RunAsync();
    }

    private void DeleteCgroup(ContainerRecord record)
    {
        ContainerCgroup cgroup = ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record));
        if (!cgroup.Exists)
            return;
        // Processes that outlived the first one (only without a pid namespace of its own), or that a start which was cut off left.
        if (record.HostConfig.PidMode.Length > 0 || !record.State.HasProcess)
            cgroup.KillAll(CgroupTimeout);
        cgroup.Delete(CgroupTimeout);
    }
}
