using Tare.Engine.Containers.Health;
using Tare.Engine.Containers.State;
using Tare.Engine.Execs;
using Tare.EngineApi.Execs;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>Runs the health checks of running containers.</summary>
public sealed class ContainerHealth(ContainerContext context, ExecStore execs, ExecStart start)
{
    /// <summary>Begins to watch a container that has just been started or found; one without a health check is left alone.</summary>
    internal void Watch(Container container)
    {
        container.Health?.Dispose();
        container.Health = HealthSettings.From(container.Record.Config) is { } settings
            ? new HealthMonitor(settings, timeout => ProbeAsync(container, settings, timeout), status => Announce(container, status), context.Time)
            : null;
    }

    private void Announce(Container container, string status) => context.Publish(container.Record, "health_status: " + status);

    private async Task<ProbeResult> ProbeAsync(Container container, HealthSettings settings, TimeSpan timeout)
    {
        var request = new ExecCreateRequest { Cmd = [.. settings.Command], AttachStdout = true, AttachStderr = true };
        try
        {
            Exec exec = execs.Add(container, request, context.Now);
            (int code, string output, bool inTime) = await start.ProbeAsync(exec, timeout);
            return inTime ? new ProbeResult(code, output) : new ProbeResult(-1, $"Health check exceeded timeout ({timeout.TotalSeconds:0.###}s)");
        }
        catch (TareException error)
        {
            // The container ended in between, or the keeper is away: a failed check, not a failed engine.
            return new ProbeResult(-1, error.Message);
        }
    }
}
