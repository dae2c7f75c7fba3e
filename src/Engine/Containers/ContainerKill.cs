using System.Globalization;
using Tare.Cgroups;
using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>docker kill: a signal to the first process.</summary>
public sealed class ContainerKill(ContainerContext context)
{
    /// <summary>Sends a signal, SIGKILL when none is named; Conflict when the container does not run.</summary>
    public async Task RunAsync(string reference, string? signal)
    {
        int number = string.IsNullOrEmpty(signal) ? Process.SIGKILL : SignalName.Parse(signal);
        Container container = context.Store.Get(reference);
        using (await container.Lock.EnterAsync())
        {
            if (container.State is LifecycleState.Restarting)
            {
                CancelRestart(container);
                return;
            }
            if (!container.State.HasProcess)
                throw TareException.Conflict($"container {container.Id} is not running");
            int stop = container.Record.Config.StopSignal is { Length: > 0 } own ? SignalName.Parse(own) : Process.SIGTERM;
            if (number == Process.SIGKILL || number == stop)
                MarkStopped(container);
            Send(container, number);
        }
    }

    /// <summary>SIGKILL that nobody asked for by name: the restart policy decides what follows.</summary>
    internal async Task EndUnhealthyAsync(Container container)
    {
        using (await container.Lock.EnterAsync())
            if (container.State.HasProcess)
                Send(container, Process.SIGKILL);
    }

    /// <summary>Signals the first process; SIGKILL reaches a frozen one too. The caller holds the lock.</summary>
    internal void Send(Container container, int signal)
    {
        Errno errno = container.PidFd is { } pidFd ? Process.TrySignal(pidFd, signal) : Errno.ESRCH;
        // ESRCH: it has just ended and the notice is on its way.
        if (errno is not (Errno.None or Errno.ESRCH))
            throw TareException.Internal($"send signal {signal} to container {container.Id}: {errno.Describe()}");
        if (signal == Process.SIGKILL && container.State is LifecycleState.Paused)
            Thaw(container);
        context.Publish(container.Record, "kill", ("signal", signal.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>A frozen process of cgroup v1 takes SIGKILL only when thawed. The caller holds the lock.</summary>
    internal void Thaw(Container container)
    {
        ContainerCgroup.Open(context.Cgroups, context.CgroupPath(container.Record)).Thaw(TimeSpan.FromSeconds(2));
        context.Store.Apply(container, new LifecycleEvent.Thawed());
    }

    /// <summary>Notes that the exit to come is wanted. The caller holds the lock.</summary>
    internal void MarkStopped(Container container)
    {
        container.StopRequested = true;
        if (!container.Record.StoppedByUser)
            context.Store.Save(container, container.Record with { StoppedByUser = true });
    }

    /// <summary>Calls a planned restart off. The caller holds the lock.</summary>
    internal void CancelRestart(Container container)
    {
        container.Restart?.Cancel();
        _ = context.Keeper.ForgetAsync(container.Id);
        context.Store.Apply(container, new LifecycleEvent.RestartCancelled(), record => record with { StoppedByUser = true });
        container.AnnounceExit(container.State.Last.Code, null);
    }
}
