using Tare.Cgroups;
using Tare.Engine.Containers.State;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker pause and unpause: freezes the container's cgroup.</summary>
public sealed class ContainerPause(ContainerContext context)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Freezes all processes.</summary>
    public async Task PauseAsync(string reference)
    {
        Container container = context.Store.Get(reference);
        using (await container.Lock.EnterAsync())
        {
            if (container.State is LifecycleState.Paused)
                throw TareException.Conflict($"container {container.Id} is already paused");
            if (container.State is not LifecycleState.Running)
                throw TareException.Conflict($"container {container.Id} is not running");
            Cgroup(container).Freeze(Timeout);
            try
            {
                context.Store.Apply(container, new LifecycleEvent.Froze());
            }
            catch
            {
                // A full disk: what no record calls paused goes on.
                Cgroup(container).Thaw(Timeout);
                throw;
            }
            container.Health?.Pause();
            context.Publish(container.Record, "pause");
        }
    }

    /// <summary>Lets them go on.</summary>
    public async Task UnpauseAsync(string reference)
    {
        Container container = context.Store.Get(reference);
        using (await container.Lock.EnterAsync())
        {
            if (container.State is not LifecycleState.Paused)
                throw TareException.Conflict($"Container {container.Id} is not paused");
            Cgroup(container).Thaw(Timeout);
            context.Store.Record(container, new LifecycleEvent.Thawed());
            container.Health?.Resume();
            context.Publish(container.Record, "unpause");
        }
    }

    private ContainerCgroup Cgroup(Container container) => ContainerCgroup.Open(context.Cgroups, context.CgroupPath(container.Record));
}
