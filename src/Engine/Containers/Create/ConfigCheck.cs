using Tare.Engine.Containers.Health;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Create;

/// <summary>Refuses container configurations that cannot be.</summary>
internal static class ConfigCheck
{
    private const long OneMillisecond = 1_000_000;

    internal static void Run(ContainerConfig config)
    {
        if (config.WorkingDir.Length > 0 && !config.WorkingDir.StartsWith('/'))
            throw TareException.Invalid($"the working directory '{config.WorkingDir}' is invalid, it needs to be an absolute path");
        foreach (string entry in config.Env ?? [])
        {
            if (entry.Length == 0 || entry[0] == '=' || entry.Contains('\0', StringComparison.Ordinal))
                throw TareException.Invalid($"invalid environment variable: {entry}");
        }
        if (!string.IsNullOrEmpty(config.StopSignal))
            _ = SignalName.Parse(config.StopSignal);
        if (config.Hostname.Length > 63 || config.Hostname.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')))
            throw TareException.Invalid($"invalid hostname format: {config.Hostname}");
        foreach (string port in (config.ExposedPorts ?? []).Keys)
            _ = Lists.PortRange.Parse(port);
        Health(config.Healthcheck);
        _ = HealthSettings.From(config);
    }

    private static void Health(HealthConfig? health)
    {
        if (health is null)
            return;
        foreach ((string name, long value) in new[]
        {
            ("Interval", health.Interval), ("Timeout", health.Timeout), ("StartPeriod", health.StartPeriod), ("StartInterval", health.StartInterval),
        })
        {
            if (value != 0 && value < OneMillisecond)
                throw TareException.Invalid($"{name} in Healthcheck cannot be less than 1ms");
        }
        if (health.Retries < 0)
            throw TareException.Invalid("Retries in Healthcheck cannot be negative");
        if (health.Test is [var kind, ..] && kind is not ("" or "NONE" or "CMD" or "CMD-SHELL"))
            throw TareException.Invalid($"Unknown type in Healthcheck: \"{kind}\"");
    }
}
