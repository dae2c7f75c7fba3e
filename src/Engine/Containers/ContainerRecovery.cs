using Tare.Cgroups;
using Tare.Engine.Containers.Checkpoints;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Mounts;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Engine.Execs;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci;

namespace Tare.Engine.Containers;

/// <summary>
/// Makes records, keeper and kernel agree after a start of the engine: running containers are taken over, ended ones accounted for, half-done
/// removals finished, restart policies applied.
/// </summary>
public sealed class ContainerRecovery(ContainerContext context, ContainerStart start, ContainerExit exit, ContainerRemove remove, ContainerHealth health,
    ExecRecovery execs)
{
    /// <summary>Exit code of a container whose end nobody saw.</summary>
    private const int UnknownCode = 255;
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);
    private readonly ContainerTeardown _teardown = new(context);

    /// <summary>One run over all containers: what was found at its beginning, and what the keeper has been told to forget without waiting for its answer.</summary>
    private sealed record Recovery(HostTraces Traces, List<Task> Forgotten);

    /// <summary>Called once, after networks and volumes are there and before requests are served. Failures of single containers are returned.</summary>
    public async Task<IReadOnlyList<Exception>> RunAsync()
    {
        Dictionary<string, (ProcessNotice Notice, FileDescriptor? PidFd)> known = [];
        foreach ((ProcessNotice notice, FileDescriptor? pidFd) in await context.Keeper.ListAsync())
            known[notice.Key] = (notice, pidFd);
        List<Exception> failures = [];
        Hold(failures);
        var recovery = new Recovery(HostTraces.Look(context), []);
        foreach (Container container in context.Store.All)
        {
            (ProcessNotice? notice, FileDescriptor? pidFd) = known.Remove(container.Id, out (ProcessNotice, FileDescriptor?) found) ? found : (null, null);
            try
            {
                using (await container.Lock.EnterAsync())
                    await MendAsync(recovery, container, notice, pidFd);
                if (context.Store.TryGet(container.Id, out _))
                    context.LogDrivers.Begin(container);
            }
            catch (Exception error)
            {
                // One broken container must not keep the others, or the engine, from starting.
                failures.Add(TareException.Internal($"recover container {container.Id}", error));
            }
        }
        await Task.WhenAll(recovery.Forgotten);
        failures.AddRange(await execs.RunAsync(known.Values));
        await SweepStreamsAsync();
        return failures;
    }

    /// <summary>Starts, beside the serving of requests, what the restart policies want to run.</summary>
    public async Task StartWantedAsync()
    {
        foreach (Container container in new ContainerLinks(context).InOrder(context.Store.All.OrderBy(c => c.Record.CreatedAt)))
        {
            using (await container.Lock.EnterAsync())
            {
                ContainerRecord record = container.Record;
                // One that waits for its restart goes on waiting, for what is left of the delay.
                if (record.State is LifecycleState.Restarting && !record.StoppedByUser)
                {
                    if (container.Restart is null)
                        exit.ScheduleRestart(container);
                    continue;
                }
                if (record.State is not LifecycleState.Exited
                    || !RestartDecision.ShouldStartWithEngine(record.HostConfig.RestartPolicy, record.State.Last.Code, record.StoppedByUser, record.RestartCount))
                {
                    continue;
                }
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

    /// <summary>Gives a new keeper what the one that died held; <paramref name="children"/> are those whose parent this process is now.</summary>
    public async Task<IReadOnlyList<Exception>> HandOverAsync(IReadOnlyCollection<int> children)
    {
        List<Exception> failures = [];
        foreach (Container container in context.Store.All)
        {
            try
            {
                using (await container.Lock.EnterAsync())
                    if (container.State.HasProcess && container.PidFd is { } pidFd)
                        await HandOverAsync(container.Record, pidFd, children.Contains(container.State.ProcessId));
            }
            catch (Exception error)
            {
                failures.Add(TareException.Internal($"hand container {container.Id} over to the new keeper", error));
            }
        }
        failures.AddRange(await execs.HandOverAsync(children));
        await SweepStreamsAsync();
        return failures;
    }

    /// <summary>
    /// Streams of processes that neither keeper nor engine knows: of spawns that a keeper died in, or whose end was accounted for while there was none.
    /// The keeper itself spares those that run. Who is attached and waits for a start goes on waiting.
    /// </summary>
    private async Task SweepStreamsAsync()
    {
        string directory = Path.Combine(context.Paths.ExecRoot, "stdio");
        if (!Directory.Exists(directory))
            return;
        foreach (string key in Directory.EnumerateFiles(directory).Select(file => Path.GetFileName(file).Split('.')[0]).Distinct())
        {
            bool runs = context.Store.TryGet(key, out Container? container) && container.State.HasProcess;
            if (key != "journal" && !runs)
                await context.Keeper.ForgetAsync(key, keepStreams: true);
        }
    }

    private async Task HandOverAsync(ContainerRecord record, FileDescriptor pidFd, bool isChild)
    {
        using LogChoice? log = LogChoice.Open(context, record);
        _ = await context.Keeper.AdoptAsync(new AdoptRequest
        {
            Key = record.Id,
            Pid = record.State.ProcessId,
            PidFd = pidFd,
            ParentReports = isChild,
            Log = log?.Target,
        });
    }

    private void Hold(List<Exception> failures)
    {
        try
        {
            LayerHolds.Take(context.Images, context.Store.Records);
        }
        catch (TareException error)
        {
            failures.Add(TareException.Internal("hold the layers of containers", error));
        }
    }

    private async Task MendAsync(Recovery recovery, Container container, ProcessNotice? notice, FileDescriptor? pidFd)
    {
        ContainerRecord record = container.Record;
        if (notice is null && record.State.HasProcess && ContainerProcess.TryOpen(record.State.ProcessId, record.Id) is { } alone)
        {
            // Keeper and engine died together. What nobody else held, a terminal or an input, is lost; the rest goes on.
            pidFd = alone;
            notice = new ProcessNotice(record.Id, record.State.ProcessId, Running: true, 0, 0, 0);
            await HandOverAsync(record, alone, isChild: false);
        }
        if (record.State.HasProcess)
            new CheckpointFolder(context, record, null).Sweep();
        if (record.State is LifecycleState.Removing removing)
        {
            pidFd?.Dispose();
            _ = await _teardown.RunAsync(record);
            await remove.FinishAsync(container, removing.Volumes);
        }
        else if (notice is { Running: true } && pidFd is not null && !record.State.HasProcess)
        {
            // The engine died between a spawn and its record: nobody was told of the start, its network is gone, and so it goes.
            await UnrecordedProcess.EndAsync(context, record, pidFd);
            await EndAsync(recovery, container, null);
        }
        else if (notice is { Running: true } && pidFd is not null && Process.TrySignal(pidFd, 0) == Errno.None)
        {
            await AdoptAsync(container, pidFd);
        }
        else
        {
            pidFd?.Dispose();
            await EndAsync(recovery, container, notice);
        }
    }

    private async Task AdoptAsync(Container container, FileDescriptor pidFd)
    {
        container.PidFd = pidFd;
        MatchFreezer(container.Record);
        foreach (MountRecord mount in container.Record.Mounts.Where(mount => mount.Kind == MountKind.Volume))
            context.Volumes.Resume(mount.VolumeName!, container.Id);
        if (NetworkChoice.HasSandbox(container.Record) && container.Record.SandboxPath.Length > 0)
            await context.Networks.RestoreAsync(NetworkChoice.Request(context, container.Record), container.Record.SandboxPath);
        health.Watch(container);
        if (container.State is LifecycleState.Paused)
            container.Health?.Pause();
    }

    /// <summary>The engine died in the middle of a pause or unpause: nobody was told, so it is as the record says.</summary>
    private void MatchFreezer(ContainerRecord record)
    {
        ContainerCgroup cgroup = ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record));
        bool paused = record.State is LifecycleState.Paused;
        if (cgroup.IsFrozen == paused)
            return;
        if (paused)
            cgroup.Freeze(KillTimeout);
        else
            cgroup.Thaw(KillTimeout);
    }

    private async Task EndAsync(Recovery recovery, Container container, ProcessNotice? notice)
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
        if (recovery.Traces.HasAny(record))
            _ = await _teardown.RunAsync(record);
        recovery.Forgotten.Add(context.Keeper.ForgetAsync(container.Id));
        if (!new RootFilesystem(context).IsWhole(record.Id))
            await remove.RemoveAsync(container, removeVolumes: true);
        else if (record.HostConfig.AutoRemove && record.State is LifecycleState.Exited)
            await remove.RemoveAsync(container, removeVolumes: true);
    }
}
