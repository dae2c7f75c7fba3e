using Tare.EngineApi;
using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers.Health;

/// <summary>One run of a health check: 0 is healthy, anything else is not.</summary>
internal readonly record struct ProbeResult(int ExitCode, string Output);

/// <summary>
/// Runs a container's health check for as long as it runs and keeps the last results. Thread-safe; made at the start, disposed at the exit of the
/// container.
/// </summary>
internal sealed class HealthMonitor : IDisposable
{
    private const int KeptResults = 5;
    private readonly HealthSettings _settings;
    private readonly DateTimeOffset _startedAt;
    private readonly Func<TimeSpan, Task<ProbeResult?>> _probe;
    private readonly Action<string> _changed;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<HealthResult> _results = [];
    private string _status = "starting";
    private int _failures;
    private volatile bool _paused;

    /// <summary>Begins after the first interval; <paramref name="changed"/> gets the new status.</summary>
    internal HealthMonitor(HealthSettings settings, DateTimeOffset startedAt, Func<TimeSpan, Task<ProbeResult?>> probe, Action<string> changed, TimeProvider time)
    {
        (_settings, _startedAt, _probe, _changed, _time) = (settings, startedAt, probe, changed, time);
        _ = RunAsync();
    }

    /// <summary>starting, healthy or unhealthy.</summary>
    internal string Status
    {
        get
        {
            lock (_lock)
                return _status;
        }
    }

    /// <summary>Failures since the last success.</summary>
    internal int FailingStreak
    {
        get
        {
            lock (_lock)
                return _failures;
        }
    }

    /// <summary>The state as inspect shows it.</summary>
    internal EngineApi.Containers.Health Describe()
    {
        lock (_lock)
            return new EngineApi.Containers.Health { Status = _status, FailingStreak = _failures, Log = [.. _results] };
    }

    /// <summary>No checks while the container is frozen.</summary>
    internal void Pause() => _paused = true;

    /// <summary>Checks go on.</summary>
    internal void Resume() => _paused = false;

    /// <inheritdoc/>
    public void Dispose() => _stop.Cancel();

    private bool IsInStartPeriod(DateTimeOffset now) => now - _startedAt < _settings.StartPeriod;

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                bool starting = IsInStartPeriod(_time.GetUtcNow()) && Status == "starting";
                await Task.Delay(starting ? _settings.StartInterval : _settings.Interval, _time, _stop.Token);
                if (_paused)
                    continue;
                DateTimeOffset from = _time.GetUtcNow();
                ProbeResult? result = await _probe(_settings.Timeout);
                if (_stop.IsCancellationRequested)
                    return;
                if (result is not null)
                    Note(from, result.Value, IsInStartPeriod(from));
            }
        }
        catch (OperationCanceledException)
        {
            // The container has ended.
        }
    }

    private void Note(DateTimeOffset from, ProbeResult result, bool inStartPeriod)
    {
        string? changed = null;
        lock (_lock)
        {
            _results.Add(new HealthResult
            {
                Start = GoTime.Format(from),
                End = GoTime.Format(_time.GetUtcNow()),
                ExitCode = result.ExitCode,
                Output = result.Output,
            });
            if (_results.Count > KeptResults)
                _results.RemoveAt(0);
            string before = _status;
            if (result.ExitCode == 0)
                (_failures, _status) = (0, "healthy");
            // Failures of a container that is still starting do not count.
            else if (!(inStartPeriod && _status == "starting") && ++_failures >= _settings.Retries)
                _status = "unhealthy";
            if (_status != before)
                changed = _status;
        }
        if (changed is not null)
            _changed(changed);
    }
}
