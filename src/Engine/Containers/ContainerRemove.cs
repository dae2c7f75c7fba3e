using Tare.Archive.Files;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Mounts;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Engine.Execs;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>docker rm.</summary>
public sealed class ContainerRemove(ContainerContext context, ContainerStop stop, ExecStore execs)
{
    /// <summary>Removes a container; Conflict when it runs and <paramref name="force"/> is not given.</summary>
    public async Task RunAsync(string reference, bool force, bool volumes)
    {
        Container container = context.Store.Get(reference);
        while (true)
        {
            using (await container.Lock.EnterAsync())
            {
                LifecycleState state = container.State;
                if (!context.Store.TryGet(container.Id, out _))
                    return;
                if (!state.HasProcess && (force || state is not LifecycleState.Restarting))
                {
                    container.Restart?.Cancel();
                    await RemoveAsync(container, volumes);
                    return;
                }
                if (!force)
                    throw TareException.Conflict(Refusal(container));
            }
            Task<WaitResponse> ended = container.NextExit;
            // With --rm the exit itself removes the container; then the next round finds nothing.
            await stop.KillAndWaitAsync(container, ended);
        }
    }

    /// <summary>docker rm --link PARENT/ALIAS.</summary>
    public Task RemoveLinkAsync(string name) => new ContainerLinks(context).RemoveAsync(name);

    /// <summary>Removes a container that does not run; anonymous volumes too when asked to. The caller holds its lock.</summary>
    internal async Task RemoveAsync(Container container, bool removeVolumes)
    {
        context.Store.Apply(container, new LifecycleEvent.RemovalBegan(removeVolumes));
        await FinishAsync(container, removeVolumes);
    }

    /// <summary>Does what is left of a removal that has begun. The caller holds the container's lock.</summary>
    internal async Task FinishAsync(Container container, bool removeVolumes)
    {
        ContainerRecord record = container.Record;
        await context.LogDrivers.FinishAsync(container);
        try
        {
            using (FileDescriptor parent = Fcntl.Open(context.Paths.Root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY))
                TreeRemoval.Remove(parent, record.Id);
            MountRecord[] anonymous = [.. record.Mounts.Where(m => m.Anonymous)];
            if (!removeVolumes)
            {
                // From here on they are nobody's, and prune finds them.
                foreach (MountRecord mount in anonymous)
                    await context.Volumes.LeaveAsync(mount.VolumeName!);
            }
            else if (anonymous.Length > 0)
            {
                // A volume that a record names cannot be removed; one whose container is gone goes at the next start of the engine.
                context.Store.Save(container, record with { Mounts = [.. record.Mounts.Except(anonymous)] });
                foreach (MountRecord mount in anonymous)
                    await context.Volumes.RemoveAsync(mount.VolumeName!);
            }
        }
        catch (Exception error) when (error is TareException or SyscallException)
        {
            context.Store.Apply(container, new LifecycleEvent.RemovalFailed(TareException.Describe(error)));
            throw TareException.Internal($"remove container {record.Id}", error);
        }
        execs.RemoveOf(container);
        LayerHolds.Release(context.Images, record);
        context.Store.Delete(container);
        context.Publish(record, "destroy");
        container.AnnounceRemoval();
    }

    private static string Refusal(Container container) => container.State switch
    {
        LifecycleState.Paused => $"cannot remove container \"/{container.Record.Name}\": container is paused and must be unpaused first",
        LifecycleState.Restarting => $"cannot remove container \"/{container.Record.Name}\": container is restarting: stop the container before removing or force remove",
        _ => $"cannot remove container \"/{container.Record.Name}\": container is running: stop the container before removing or force remove",
    };
}
