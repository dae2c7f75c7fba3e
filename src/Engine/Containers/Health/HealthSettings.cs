using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers.Health;

/// <summary>A health check with its defaults filled in.</summary>
internal sealed record HealthSettings(IReadOnlyList<string> Command, TimeSpan Interval, TimeSpan Timeout, TimeSpan StartPeriod, TimeSpan StartInterval, int Retries)
{
    private const int DefaultRetries = 3;

    /// <summary>Null when there is no check: none configured, or ["NONE"].</summary>
    internal static HealthSettings? From(ContainerConfig config)
    {
        if (config.Healthcheck is not { Test: { Count: > 1 } test } health)
            return null;
        List<string>? command = test[0] switch
        {
            "CMD" => test[1..],
            "CMD-SHELL" => [.. config.Shell ?? ["/bin/sh", "-c"], test[1]],
            _ => null,
        };
        if (command is null)
            return null;
        return new HealthSettings(command, Span(health.Interval, 30), Span(health.Timeout, 30), Span(health.StartPeriod, 0), Span(health.StartInterval, 5),
            health.Retries > 0 ? health.Retries : DefaultRetries);
    }

    private static TimeSpan Span(long nanoseconds, int defaultSeconds) =>
        nanoseconds > 0 ? TimeSpan.FromTicks(nanoseconds / 100) : TimeSpan.FromSeconds(defaultSeconds);
}
