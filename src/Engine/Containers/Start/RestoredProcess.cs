using Tare.Cgroups;
using Tare.Engine.Containers.Checkpoints;
using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Runtime.Checkpoint;

namespace Tare.Engine.Containers.Start;

/// <summary>What a start has made for a container's first process, whoever makes that.</summary>
/// <param name="Network">The network namespace, or null for the host's or one that is saved.</param>
internal sealed record LaunchParts(FileDescriptor Root, CgroupEntry Group, PreparedMounts Mounts, FileDescriptor? Network);

/// <summary>
/// The first process of a container, from a checkpoint. The keeper spawns criu on the container's streams, criu makes the process as the keeper's child, and the
/// keeper puts it in criu's place while it still stands; it goes on only then.
/// </summary>
internal sealed class RestoredProcess(ContainerContext context, ContainerRecord record, (ushort Rows, ushort Columns) windowSize)
{
    /// <summary>Restores from a checkpoint's directory. On failure neither criu nor a process of the container is left.</summary>
    internal async Task<(int Pid, FileDescriptor PidFd)> StartAsync(string images, LaunchParts parts)
    {
        ContainerUser user = ContainerUser.Resolve(parts.Root, record.Config.User, record.HostConfig.GroupAdd ?? []);
        using PreparedRestore restore = PreparedRestore.Prepare(new RestoreSource
        {
            Spec = CheckpointPlan.Spec(context, record),
            Place = context.Paths.Anchor,
            Root = parts.Root,
            Namespaces = parts.Network is { } network ? new Dictionary<string, FileDescriptor> { ["network"] = network } : [],
            Mounts = parts.Mounts.All,
            MountsPlace = context.Paths.MountsAnchor,
            Group = parts.Group,
            StreamOwner = record.Config.Tty || user.Uid == 0 ? null : (user.Uid, user.Gid),
        }, CheckpointPlan.Options(context, record, images));
        SpawnOutcome criu = await SpawnAsync(restore, parts.Group);
        SpawnOutcome? restored = null;
        try
        {
            _ = await Task.Run(() => restore.Follow(criu.Pid, new RestoreEvents { Restored = (pid, terminal) => restored = TakeOver(pid, terminal) }));
        }
        catch
        {
            restored?.PidFd?.Dispose();
            await UnrecordedProcess.EndAsync(context, record, criu.PidFd!);
            throw;
        }
        criu.PidFd!.Dispose();
        return (restored!.Pid, restored.PidFd!);
    }

    private async Task<SpawnOutcome> SpawnAsync(PreparedRestore restore, CgroupEntry group)
    {
        using FileDescriptor program = restore.Program.Program.ToMemoryFile();
        using LogChoice? log = LogChoice.Open(context, record);
        SpawnOutcome criu = await context.Keeper.SpawnAsync(new SpawnRequest
        {
            Key = record.Id,
            Program = program,
            // A terminal comes from criu.
            Stdio = (record.Config.Tty ? StdioFlags.Terminal : 0) | (record.Config.OpenStdin ? StdioFlags.Input : 0),
            Passed = restore.Passed,
            Cgroup = group.CloneInto,
            Log = log?.Target,
        });
        return criu.Started ? criu : throw TareException.Internal(criu.FailedOperation < 0
            ? $"start criu: {criu.Errno.Describe()}" : restore.Program.Program.DescribeFailure(criu.FailedOperation, criu.Errno));
    }

    /// <summary>Runs on the thread that speaks to criu, which waits for it.</summary>
    private SpawnOutcome TakeOver(int pid, FileDescriptor? terminal)
    {
        SpawnOutcome restored = context.Keeper.FollowAsync(record.Id, pid, terminal, windowSize).GetAwaiter().GetResult();
        return restored.Started ? restored : throw TareException.Internal($"take over the restored process {pid}: {restored.Errno.Describe()}");
    }
}
