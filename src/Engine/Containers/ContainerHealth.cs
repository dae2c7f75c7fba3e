using Tare.Engine.Containers.Health;
using Tare.Engine.Containers.State;
using Tare.Engine.Execs;
using Tare.EngineApi.Execs;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>Runs the health checks of running containers, and what is to follow when one fails.</summary>
public sealed class ContainerHealth(ContainerContext context, ExecStore execs, ExecStart start)
{
    /// <summary>Carries out an action on an unhealthy container; set once all verbs exist.</summary>
    internal Func<Container, HealthAction, Task>? Act { get; set; }

    /// <summary>Begins to watch a container that has just been started or found; one without a health check is left alone.</summary>
    internal void Watch(Container container)
    {
        container.Health?.Dispose();
        container.Health = HealthSettings.From(container.Record.Config) is { } settings
            ? new HealthMonitor(settings, DateTimeOffset.UnixEpoch.AddTicks(container.State.StartedAt / 100), timeout => ProbeAsync(container, settings, timeout),
                status => Announce(container, settings, status), context.Time)
            : null;
    }

    private void Announce(Container container, HealthSettings settings, string status)
    {
        context.Publish(container.Record, "health_status: " + status);
        if (status == "unhealthy" && settings.OnFailure != HealthAction.None)
            _ = Task.Run(() => FollowAsync(container, settings));
    }

    private async Task FollowAsync(Container container, HealthSettings settings)
    {
        try
        {
            if (settings.OnFailure == HealthAction.Hook)
                _ = await RunAsync(container, ["/bin/sh", "-c", settings.Hook], settings.Timeout);
            else if (Act is not null)
                await Act(container, settings.OnFailure);
        }
        catch (TareException error)
        {
            // It ended meanwhile, or does not end: nobody waits here, and those who look are told.
            context.Publish(container.Record, "health_action_failed", ("error", error.Message));
        }
    }

    /// <summary>Null when it could not be asked for, which says nothing of the container.</summary>
    private async Task<ProbeResult?> ProbeAsync(Container container, HealthSettings settings, TimeSpan timeout)
    {
        try
        {
            if (settings.Probe is HealthProbe.Command command)
                return await RunAsync(container, command.Words, timeout);
            using var limit = new CancellationTokenSource(timeout, context.Time);
            return await NativeProbe.RunAsync(settings.Probe, container.State.ProcessId, limit.Token);
        }
        catch (OperationCanceledException)
        {
            return Late(timeout);
        }
        catch (TareException error) when (error.Kind == ErrorKind.Unavailable)
        {
            // The keeper has died; the next one is on its way.
            return null;
        }
        catch (TareException error)
        {
            // The container ended in between: a failed check, not a failed engine.
            return new ProbeResult(-1, error.Message);
        }
    }

    private async Task<ProbeResult> RunAsync(Container container, IReadOnlyList<string> command, TimeSpan timeout)
    {
        var request = new ExecCreateRequest { Cmd = [.. command], AttachStdout = true, AttachStderr = true };
        Exec exec = execs.Add(container, request, context.Now, kept: false);
        (int code, string output, bool inTime) = await start.ProbeAsync(exec, timeout);
        return inTime ? new ProbeResult(code, output) : Late(timeout);
    }

    private static ProbeResult Late(TimeSpan timeout) => new(-1, $"Health check exceeded timeout ({timeout.TotalSeconds:0.###}s)");
}
