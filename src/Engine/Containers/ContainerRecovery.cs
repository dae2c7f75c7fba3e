using Tare.Cgroups;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci;

namespace Tare.Engine.Containers;

/// <summary>
/// Makes records, keeper and kernel agree after a start of the engine: running containers are taken over, ended ones accounted for, half-done
/// removals finished, restart policies applied.
/// </summary>
public sealed class ContainerRecovery(ContainerContext context, ContainerStart start, ContainerExit exit, ContainerRemove remove, ContainerHealth health)
{
    /// <summary>Exit code of a container whose end nobody saw.</summary>
    private const int UnknownCode = 255;
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);
    private readonly ContainerTeardown _teardown = new(context);

    /// <summary>Called once, after networks and volumes are there and before requests are served. Failures of single containers are returned.</summary>
    public async Task<IReadOnlyList<Exception>> RunAsync()
    {
        Dictionary<string, (ProcessNotice Notice, FileDescriptor? PidFd)> known = [];
        foreach ((ProcessNotice notice, FileDescriptor? pidFd) in await context.Keeper.ListAsync())
            known[notice.Key] = (notice, pidFd);
        List<Exception> failures = [];
        foreach (Container container in context.Store.All)
        {
            (ProcessNotice? notice, FileDescriptor? pidFd) = known.Remove(container.Id, out (ProcessNotice, FileDescriptor?) found) ? found : (null, null);
            try
            {
                using (await container.Lock.EnterAsync())
                    await MendAsync(container, notice, pidFd);
            }
            catch (Exception error)
            {
                // One broken container must not keep the others, or the engine, from starting.
                failures.Add(TareException.Internal($"recover container {container.Id}", error));
            }
        }
        foreach ((ProcessNotice notice, FileDescriptor? pidFd) in known.Values)
        {
            // Execs of the engine before this one: their end interests nobody any more.
            pidFd?.Dispose();
            if (!notice.Running)
                await context.Keeper.ForgetAsync(notice.Key);
        }
        return failures;
    }

    /// <summary>Starts, beside the serving of requests, what the restart policies want to run.</summary>
    public async Task StartWantedAsync()
    {
        foreach (Container container in context.Store.All.OrderBy(c => c.Record.CreatedAt))
        {
            using (await container.Lock.EnterAsync())
            {
                ContainerRecord record = container.Record;
                bool wanted = record.State is LifecycleState.Exited or LifecycleState.Restarting
                    && (RestartDecision.ShouldStartWithEngine(record.HostConfig.RestartPolicy, record.StoppedByUser)
                        || (record.State is LifecycleState.Restarting && !record.StoppedByUser));
                if (!wanted)
                    continue;
                try
                {
                    await start.StartAsync(container, byUser: false);
                }
                catch (Exception)
                {
                    // The failure is in the container's record; the others go on.
                    continue;
                }
            }
        }
    }

    private async Task MendAsync(Container container, ProcessNotice? notice, FileDescriptor? pidFd)
    {
        ContainerRecord record = container.Record;
        if (record.Chain.Length > 0)
            context.Images.Snapshots.Hold(record.Id, Digest.Parse(record.Chain));
        if (record.State is LifecycleState.Removing)
        {
            pidFd?.Dispose();
            _ = await _teardown.RunAsync(record);
            await remove.FinishAsync(container, record.HostConfig.AutoRemove);
        }
        else if (notice is { Running: true } && pidFd is not null && Process.TrySignal(pidFd, 0) == Errno.None)
        {
            await AdoptAsync(container, notice, pidFd);
        }
        else
        {
            pidFd?.Dispose();
            await EndAsync(container, notice);
        }
    }

    private async Task AdoptAsync(Container container, ProcessNotice notice, FileDescriptor pidFd)
    {
        container.PidFd = pidFd;
        // The engine died between the spawn and the record.
        if (!container.State.HasProcess)
            context.Store.Apply(container, new LifecycleEvent.Started(notice.Pid, context.Now), record => record with { StoppedByUser = false });
        if (NetworkChoice.HasSandbox(container.Record) && container.Record.SandboxPath.Length > 0)
            await context.Networks.RestoreAsync(NetworkChoice.Request(context, container.Record), container.Record.SandboxPath);
        health.Watch(container);
        if (container.State is LifecycleState.Paused)
            container.Health?.Pause();
    }

    private async Task EndAsync(Container container, ProcessNotice? notice)
    {
        ContainerRecord record = container.Record;
        if (record.State.HasProcess)
        {
            // Its keeper has died: nobody holds its streams any more or would hear of its end, so what is left of it cannot go on.
            ContainerCgroup cgroup = ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record));
            if (cgroup.Exists)
                cgroup.KillAll(KillTimeout);
            await exit.EndAsync(container, notice?.ShellCode ?? UnknownCode, notice?.EndedUnixNanoseconds ?? context.Now);
            return;
        }
        // What a start that was cut off may have left.
        _ = await _teardown.RunAsync(record);
        await context.Keeper.ForgetAsync(container.Id);
        if (!Directory.Exists(context.Paths.Upper(record.Id)))
            await remove.RemoveAsync(container, removeVolumes: true);
        else if (record.HostConfig.AutoRemove && record.State is LifecycleState.Exited)
            await remove.RemoveAsync(container, removeVolumes: true);
    }
}
