using Tare.Cgroups;
using Tare.Engine.Containers.Checkpoints;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Checkpoint;

namespace Tare.Engine.Containers;

/// <summary>docker checkpoint create, ls and rm: the processes of a running container, written down by criu(8). Not saved: files, the network, execs.</summary>
public sealed class ContainerCheckpoint(ContainerContext context, ContainerKill kill)
{
    /// <summary>
    /// Writes a checkpoint down; the container ends, and stays ended, when the request says so. Conflict when it does not run or the name is taken. When the
    /// engine dies meanwhile, the container goes on and there is no checkpoint, or a complete one.
    /// </summary>
    public async Task CreateAsync(string reference, CheckpointCreateRequest request)
    {
        CheckpointFolder.CheckName(request.CheckpointID);
        Container container = context.Store.Get(reference);
        Task<WaitResponse> ended;
        using (await container.Lock.EnterAsync())
        {
            ContainerRecord record = container.Record;
            if (!container.State.HasProcess)
                throw TareException.Conflict($"container {container.Id} is not running");
            CheckpointPlan.Check(record);
            CheckpointFolder folder = new(context, record, request.CheckpointDir);
            if (request.Exit && record.HostConfig.AutoRemove && string.IsNullOrEmpty(request.CheckpointDir))
                throw TareException.Conflict($"container {record.Name} is removed when it ends (--rm), and its checkpoints with it: use --leave-running or --checkpoint-dir");
            ended = container.NextExit;
            await Task.Run(() => Save(container, folder, request));
            context.Publish(record, "checkpoint");
        }
        if (request.Exit)
            _ = await ended;
    }

    /// <summary>The names of the checkpoints that are complete, in the container's own directory or the one that is named.</summary>
    public IReadOnlyList<CheckpointSummary> List(string reference, string? directory) =>
        [.. new CheckpointFolder(context, context.Store.Get(reference).Record, directory).List().Select(name => new CheckpointSummary { Name = name })];

    /// <summary>Removes a checkpoint; NotFound when there is none of that name.</summary>
    public async Task RemoveAsync(string reference, string name, string? directory)
    {
        CheckpointFolder.CheckName(name);
        Container container = context.Store.Get(reference);
        using (await container.Lock.EnterAsync())
            new CheckpointFolder(context, container.Record, directory).Remove(name);
    }

    private void Save(Container container, CheckpointFolder folder, CheckpointCreateRequest request)
    {
        ContainerRecord record = container.Record;
        string name = request.CheckpointID;
        Dump.CheckInstalled();
        bool isWritten = false;
        try
        {
            string images = folder.Begin(name);
            DumpSource source = new()
            {
                Pid = container.State.ProcessId,
                Spec = CheckpointPlan.Spec(context, record),
                Group = context.Cgroups.Shape == CgroupShape.Unified ? ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record)).UnifiedDirectory : null,
                Joined = CheckpointPlan.IsJoined(record) ? [("network", NetworkOf(container.State.ProcessId))] : [],
            };
            Dump.Run(source, CheckpointPlan.Options(context, record, images) with { LeaveRunning = !request.Exit }, () =>
            {
                // From here on it ends by our will, whatever its restart policy says.
                if (request.Exit)
                    kill.MarkStopped(container);
                folder.Commit(name);
                isWritten = true;
            });
        }
        catch (Exception error)
        {
            folder.Abandon(name);
            if (isWritten)
                folder.Remove(name);
            if (request.Exit)
                container.StopRequested = false;
            if (container.Record.StoppedByUser != record.StoppedByUser)
                context.Store.Save(container, container.Record with { StoppedByUser = record.StoppedByUser });
            throw new TareException((error as TareException)?.Kind ?? ErrorKind.Internal, $"Cannot checkpoint container {record.Name}", error);
        }
    }

    private static ulong NetworkOf(int pid)
    {
        using FileDescriptor file = Fcntl.Open($"/proc/{pid}/ns/net", Fcntl.O_RDONLY);
        return Stat.Of(file).Inode;
    }
}
