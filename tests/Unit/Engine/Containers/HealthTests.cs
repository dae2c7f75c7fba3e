using Tare.Engine.Containers;
using Tare.Engine.Containers.Health;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class HealthTests
{
    [Fact]
    public async Task Failures_in_the_start_period_do_not_count_and_a_success_ends_it()
    {
        Queue<int> codes = new([1, 1, 1, 0, 1, 1]);
        List<string> changes = [];
        TaskCompletionSource done = new();
        HealthSettings settings = Settings(interval: 2, startPeriod: 60_000, startInterval: 1, retries: 2);
        using HealthMonitor monitor = new(settings, DateTimeOffset.UtcNow, timeout =>
        {
            if (codes.TryDequeue(out int code))
                return Task.FromResult<ProbeResult?>(new ProbeResult(code, ""));
            _ = done.TrySetResult();
            return Task.FromResult<ProbeResult?>(null);
        }, changes.Add, TimeProvider.System);
        await done.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["healthy", "unhealthy"], changes);
        Assert.Equal(2, monitor.FailingStreak);
        Assert.Equal(5, monitor.Describe().Log!.Count);
    }

    [Fact]
    public async Task A_container_that_has_run_longer_than_the_start_period_is_unhealthy_after_the_retries()
    {
        TaskCompletionSource<string> changed = new();
        using HealthMonitor monitor = new(Settings(interval: 1, startPeriod: 1000, startInterval: 1, retries: 3), DateTimeOffset.UtcNow.AddSeconds(-5),
            _ => Task.FromResult<ProbeResult?>(new ProbeResult(1, "no")), status => changed.TrySetResult(status), TimeProvider.System);
        Assert.Equal("unhealthy", await changed.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(monitor.FailingStreak >= 3);
    }

    [Theory]
    [InlineData("http://:8080/ready", typeof(HealthProbe.Http))]
    [InlineData("tcp://:5432", typeof(HealthProbe.Tcp))]
    [InlineData("grpc://10.0.0.3:50051/my.Service", typeof(HealthProbe.Grpc))]
    public void A_label_asks_for_a_native_probe(string text, Type kind)
    {
        HealthSettings? settings = HealthSettings.From(With(("tare.health.probe", text), ("tare.health.on-failure", "restart")));
        Assert.IsType(kind, settings!.Probe);
        Assert.Equal(HealthAction.Restart, settings.OnFailure);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.Interval);
    }

    [Theory]
    [InlineData("tare.health.probe", "ftp://:21")]
    [InlineData("tare.health.probe", "tcp://:")]
    [InlineData("tare.health.on-failure", "explode")]
    [InlineData("tare.health.on-failure", "hook")]
    public void A_label_that_says_nothing_is_refused(string label, string value)
    {
        ContainerConfig config = With(("tare.health.probe", "tcp://:1"));
        config.Labels![label] = value;
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => HealthSettings.From(config)).Kind);
    }

    [Theory]
    [InlineData("always", 0, true, true)]
    [InlineData("unless-stopped", 0, true, false)]
    [InlineData("unless-stopped", 255, false, true)]
    [InlineData("on-failure", 255, false, true)]
    [InlineData("on-failure", 0, false, false)]
    [InlineData("on-failure", 1, true, false)]
    [InlineData("no", 255, false, false)]
    public void After_a_reboot_what_the_policy_wants_is_started(string policy, int code, bool stopped, bool starts) =>
        Assert.Equal(starts, RestartDecision.ShouldStartWithEngine(new RestartPolicy { Name = policy }, code, stopped, 0));

    private static ContainerConfig With(params (string, string)[] labels) => new() { Labels = labels.ToDictionary(l => l.Item1, l => l.Item2) };

    private static HealthSettings Settings(int interval, int startPeriod, int startInterval, int retries) => new(new HealthProbe.Command(["true"]),
        TimeSpan.FromMilliseconds(interval), TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(startPeriod), TimeSpan.FromMilliseconds(startInterval), retries);
}
