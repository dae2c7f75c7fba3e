using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Health;

/// <summary>What happens to a container that has become unhealthy.</summary>
internal enum HealthAction
{
    /// <summary>It is told, no more.</summary>
    None,

    /// <summary>Stopped and started.</summary>
    Restart,

    /// <summary>SIGKILL; a restart policy applies.</summary>
    Kill,

    /// <summary>Stopped as by a user.</summary>
    Stop,

    /// <summary>A command of its own runs in it.</summary>
    Hook,
}

/// <summary>A health check with its defaults filled in.</summary>
internal sealed record HealthSettings(HealthProbe Probe, TimeSpan Interval, TimeSpan Timeout, TimeSpan StartPeriod, TimeSpan StartInterval, int Retries)
{
    /// <summary>Label with an action: none, restart, kill, stop, hook.</summary>
    internal const string ActionLabel = "tare.health.on-failure";

    /// <summary>Label with the shell command that "hook" runs.</summary>
    internal const string HookLabel = "tare.health.hook";

    private const int DefaultRetries = 3;

    /// <summary>What follows when it is unhealthy.</summary>
    internal HealthAction OnFailure { get; init; }

    /// <summary>Command of <see cref="HealthAction.Hook"/>.</summary>
    internal string Hook { get; init; } = "";

    /// <summary>Null when there is no check: none configured, or ["NONE"]. InvalidArgument for labels that cannot be.</summary>
    internal static HealthSettings? From(ContainerConfig config)
    {
        if (HealthProbe.From(config) is not { } probe)
            return null;
        HealthConfig health = config.Healthcheck ?? new HealthConfig();
        string hook = config.Labels?.GetValueOrDefault(HookLabel) ?? "";
        HealthAction action = config.Labels?.GetValueOrDefault(ActionLabel) switch
        {
            null or "" or "none" => HealthAction.None,
            "restart" => HealthAction.Restart,
            "kill" => HealthAction.Kill,
            "stop" => HealthAction.Stop,
            "hook" => HealthAction.Hook,
            string other => throw TareException.Invalid($"label {ActionLabel}: \"{other}\" is none of none, restart, kill, stop, hook"),
        };
        if (action == HealthAction.Hook && hook.Length == 0)
            throw TareException.Invalid($"label {ActionLabel} is hook, but label {HookLabel} names no command");
        return new HealthSettings(probe, Span(health.Interval, 30), Span(health.Timeout, 30), Span(health.StartPeriod, 0), Span(health.StartInterval, 5),
            health.Retries > 0 ? health.Retries : DefaultRetries)
        { OnFailure = action, Hook = hook };
    }

    private static TimeSpan Span(long nanoseconds, int defaultSeconds) =>
        nanoseconds > 0 ? TimeSpan.FromTicks(nanoseconds / 100) : TimeSpan.FromSeconds(defaultSeconds);
}
