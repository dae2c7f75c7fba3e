using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>docker stop: the stop signal, a while to end, then SIGKILL.</summary>
public sealed class ContainerStop(ContainerContext context, ContainerKill kill)
{
    private const int DefaultTimeout = 10;

    /// <summary>Stops a container; NotModified when it does not run. The timeout is in seconds, negative waits for ever.</summary>
    public async Task RunAsync(string reference, string? signal, int? timeout)
    {
        Container container = context.Store.Get(reference);
        if (!await TryStopAsync(container, signal, timeout))
            throw new TareException(ErrorKind.NotModified, $"container {container.Id} is not running");
    }

    /// <summary>As <see cref="RunAsync"/>; false when it does not run. The caller does not hold the container's lock.</summary>
    internal async Task<bool> TryStopAsync(Container container, string? signal, int? timeout)
    {
        Task<WaitResponse> ended;
        int number;
        using (await container.Lock.EnterAsync())
        {
            if (container.State is LifecycleState.Restarting)
            {
                kill.CancelRestart(container);
                context.Publish(container.Record, "stop");
                return true;
            }
            if (!container.State.HasProcess)
                return false;
            ContainerConfig config = container.Record.Config;
            number = SignalName.Parse(!string.IsNullOrEmpty(signal) ? signal : config.StopSignal is { Length: > 0 } own ? own : "TERM");
            timeout ??= config.StopTimeout ?? DefaultTimeout;
            ended = container.NextExit;
            kill.MarkStopped(container);
            kill.Send(container, number);
            // A paused container would not see its signal.
            if (container.State is LifecycleState.Paused)
                kill.Thaw(container);
        }
        if (!await EndsWithinAsync(ended, timeout.Value))
            await KillAndWaitAsync(container, ended);
        context.Publish(container.Record, "stop");
        return true;
    }

    /// <summary>SIGKILL, and waits for the end. The caller does not hold the container's lock.</summary>
    internal async Task KillAndWaitAsync(Container container, Task<WaitResponse> ended)
    {
        using (await container.Lock.EnterAsync())
        {
            if (!container.State.HasProcess)
                return;
            kill.MarkStopped(container);
            kill.Send(container, Process.SIGKILL);
        }
        if (!await EndsWithinAsync(ended, DefaultTimeout))
            throw new TareException(ErrorKind.Unavailable, $"container {container.Id} did not end {DefaultTimeout} s after SIGKILL: a process of it hangs in the kernel");
    }

    private async Task<bool> EndsWithinAsync(Task ended, int seconds)
    {
        if (seconds < 0)
        {
            await ended;
            return true;
        }
        try
        {
            await ended.WaitAsync(TimeSpan.FromSeconds(seconds), context.Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
