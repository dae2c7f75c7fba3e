using Tare.Engine.Containers.Cdi;
using Tare.Engine.Containers.Secrets;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.Errors;
using Tare.Oci.Runtime;
using Tare.Runtime.Checkpoint;

namespace Tare.Engine.Containers.Checkpoints;

/// <summary>What criu has to know of a container, the same when it is saved and when it comes back.</summary>
internal static class CheckpointPlan
{
    /// <summary>Refuses containers that criu cannot save, with the option that is in the way.</summary>
    internal static void Check(ContainerRecord record)
    {
        string? option = record.Users is not null ? "user ids of its own (--userns)"
            : record.HostConfig.PidMode.Length > 0 ? $"the processes of {record.HostConfig.PidMode} in sight (--pid)"
            : NamespaceChoice.Target(record.HostConfig.IpcMode) is not null ? $"the memory of {record.HostConfig.IpcMode} (--ipc)"
            // criu (3.17) cannot bring back a process whose program is in no file.
            : record.HostConfig.Init == true ? "a process 1 of the engine's (--init)"
            : null;
        if (option is not null)
            throw new TareException(ErrorKind.NotSupported, $"container {record.Name} has {option}: such a container cannot be saved");
    }

    /// <summary>The configuration, of which mounts and devices count.</summary>
    internal static RuntimeSpec Spec(ContainerContext context, ContainerRecord record)
    {
        CdiEdits? cdi = CdiEdits.Of(context.CdiSpecDirs, record.HostConfig);
        DeviceChoice devices = DeviceChoice.Choose(record.HostConfig);
        HashSet<string> joined = IsJoined(record) ? ["network"] : [];
        RuntimeSpec spec = ContainerSpec.Build(record, new ContainerUser(0, 0, [], "/"), context.Paths, (cdi?.ApplyTo(devices) ?? devices).Nodes, joined,
            NetworkChoice.FilesOf(context, record));
        cdi?.ApplyTo(spec);
        // What secrets are stays out of checkpoints: their file system is the host's, as a bind is.
        if (record.HostConfig.Secrets is { Count: > 0 })
            foreach (MountSpec mount in spec.Mounts!.Where(mount => mount.Destination == SecretCheck.Directory))
                mount.Options = [.. mount.Options ?? [], "bind"];
        return spec;
    }

    /// <summary>True when the container's network is made by the engine or another container: it is not saved.</summary>
    internal static bool IsJoined(ContainerRecord record) => NetworkChoice.HasSandbox(record) || NamespaceChoice.Target(record.HostConfig.NetworkMode) is not null;

    /// <summary>As Docker has them; /etc/criu/runc.conf may say otherwise.</summary>
    internal static CheckpointOptions Options(ContainerContext context, ContainerRecord record, string images) => new()
    {
        ImagePath = images,
        WorkPath = context.Paths.CheckpointLogs(record.Id),
        FileLocks = true,
    };
}
