using System.Globalization;
using Tare.Cgroups;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Keeper.Protocol;

namespace Tare.Engine.Containers;

/// <summary>What follows the end of a container's first process: the record, the clean-up, those who wait, the restart policy, --rm.</summary>
public sealed class ContainerExit(ContainerContext context, ContainerStart start, ContainerRemove remove)
{
    private readonly ContainerTeardown _teardown = new(context);

    /// <summary>Handles the keeper's notice; one for a run that is already accounted for does nothing.</summary>
    internal async Task HandleAsync(Container container, ProcessNotice notice)
    {
        using (await container.Lock.EnterAsync())
        {
            if (container.State.HasProcess && container.State.ProcessId == notice.Pid)
                await EndAsync(container, notice.ShellCode, notice.EndedUnixNanoseconds);
        }
    }

    /// <summary>Accounts for the end of a run. The caller holds the container's lock.</summary>
    internal async Task EndAsync(Container container, int code, long endedAt)
    {
        ContainerRecord record = container.Record;
        bool outOfMemory = CountOomKills(record) > 0;
        container.Health?.Dispose();
        container.Health = null;
        container.PidFd?.Dispose();
        container.PidFd = null;
        // The record says what is left to clean up until it is done, so it changes last.
        IReadOnlyList<Exception> failures = await _teardown.RunAsync(record);
        ExitRecord exit = new(code, outOfMemory, failures.Count == 0 ? "" : TareException.Describe(failures[0]), record.State.StartedAt, endedAt);
        bool stopped = container.StopRequested || record.StoppedByUser;
        bool again = !container.KeepOnExit && RestartDecision.ShouldRestart(record.HostConfig.RestartPolicy, code, stopped, record.RestartCount);
        bool removes = record.HostConfig.AutoRemove && !again && !container.KeepOnExit;
        context.Store.Record(container, again ? new LifecycleEvent.EndedForNow(exit) : new LifecycleEvent.Ended(exit), ended => ended with
        {
            Endpoints = NetworkChoice.WishesOf(ended.Endpoints),
            Ports = new Dictionary<string, List<PortBinding>?>(),
            SandboxPath = "",
            RestartDelay = again ? RestartDecision.Delay(TimeSpan.FromTicks(ended.RestartDelay / 100), TimeSpan.FromTicks((exit.EndedAt - exit.StartedAt) / 100)).Ticks * 100 : 0,
        });
        // Not waited for: the keeper takes what comes after, a new start of the same name, after this.
        _ = context.Keeper.ForgetAsync(container.Id, keepStreams: again);
        if (outOfMemory)
            context.Publish(record, "oom");
        long seconds = (endedAt - record.State.StartedAt) / 1_000_000_000;
        context.Publish(record, "die", ("exitCode", code.ToString(CultureInfo.InvariantCulture)), ("execDuration", seconds.ToString(CultureInfo.InvariantCulture)));
        if (!again)
            container.AnnounceExit(code, null);
        else
            ScheduleRestart(container);
        if (removes)
            await RemoveQuietlyAsync(container);
    }

    /// <summary>Starts a container again after what is left of the policy's delay, unless somebody calls it off. The caller holds the container's lock.</summary>
    internal void ScheduleRestart(Container container)
    {
        long left = container.State.Last.EndedAt + container.Record.RestartDelay - context.Now;
        var cancel = new CancellationTokenSource();
        container.Restart = cancel;
        _ = RestartLaterAsync(container, TimeSpan.FromTicks(Math.Clamp(left, 0, container.Record.RestartDelay) / 100), cancel);
    }

    private async Task RestartLaterAsync(Container container, TimeSpan delay, CancellationTokenSource cancel)
    {
        try
        {
            await Task.Delay(delay, context.Time, cancel.Token);
            using (await container.Lock.EnterAsync())
            {
                if (cancel.IsCancellationRequested || container.State is not LifecycleState.Restarting)
                    return;
                container.Restart = null;
                await start.StartAsync(container, byUser: false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped or removed while it waited.
        }
        catch (Exception)
        {
            // The failure is in the record, where inspect and ps show it; nobody waits for this task.
        }
    }

    private async Task RemoveQuietlyAsync(Container container)
    {
        try
        {
            await remove.RemoveAsync(container, removeVolumes: true);
        }
        catch (TareException)
        {
            // The record says why it is dead; nobody waits here.
            container.AnnounceRemoval();
        }
    }

    private ulong CountOomKills(ContainerRecord record)
    {
        try
        {
            return ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record)).ReadOomKills();
        }
        catch (TareException)
        {
            // The group is gone: after a crash of the engine.
            return 0;
        }
    }
}
