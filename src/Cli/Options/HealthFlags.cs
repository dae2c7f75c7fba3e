using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Options on the health check.</summary>
internal sealed class HealthFlags(FlagSet flags)
{
    private readonly TextFlag _command = flags.Text("health-cmd", "Command to run to check health");
    private readonly NumberFlag _interval = flags.Duration("health-interval", "Time between running the check (ms|s|m|h) (default 0s)");
    private readonly NumberFlag _timeout = flags.Duration("health-timeout", "Maximum time to allow one check to run (ms|s|m|h) (default 0s)");
    private readonly NumberFlag _retries = flags.Integer("health-retries", "Consecutive failures needed to report unhealthy");
    private readonly NumberFlag _startPeriod = flags.Duration("health-start-period", "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h) (default 0s)");
    private readonly NumberFlag _startInterval = flags.Duration("health-start-interval", "Time between running the check during the start period (ms|s|m|h) (default 0s)");
    private readonly SwitchFlag _none = flags.Switch("no-healthcheck", "Disable any container-specified HEALTHCHECK");

    /// <summary>Null when no option says anything.</summary>
    public HealthConfig? Build()
    {
        bool any = _command.IsSet || _interval.IsSet || _timeout.IsSet || _retries.IsSet || _startPeriod.IsSet || _startInterval.IsSet;
        if (_none.Value)
            return any ? throw TareException.Invalid("--no-healthcheck conflicts with --health-* options") : new HealthConfig { Test = ["NONE"] };
        if (!any)
            return null;
        return new HealthConfig
        {
            Test = _command.Value.Length > 0 ? ["CMD-SHELL", _command.Value] : null,
            Interval = NotNegative(_interval),
            Timeout = NotNegative(_timeout),
            StartPeriod = NotNegative(_startPeriod),
            StartInterval = NotNegative(_startInterval),
            Retries = (int)NotNegative(_retries),
        };
    }

    private static long NotNegative(NumberFlag flag) => flag.Value >= 0 ? flag.Value : throw TareException.Invalid($"--{flag.Name} cannot be negative");
}
