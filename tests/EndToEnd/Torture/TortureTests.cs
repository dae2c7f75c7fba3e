using System.Diagnostics;
using Xunit.Abstractions;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>
/// The crash rule, tried: engine and keeper are killed again and again at random moments of a storm of requests, and afterwards everything that was
/// acknowledged is so, what ran runs, no line of a log is missing, and nothing is left over. TARE_TORTURE_KILLS sets how often,
/// TARE_TORTURE_SEED repeats a run's choices.
/// </summary>
[Collection(Alone.Name)]
public sealed class TortureTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Kills = Setting.Number("TARE_TORTURE_KILLS", 220);
    private static readonly int Seed = Setting.Number("TARE_TORTURE_SEED", Environment.TickCount);
    private readonly Engine _engine = new();
    private readonly List<double> _starts = [];
    private readonly List<string> _kills = [];

    [Fact]
    public async Task Nothing_is_lost_and_nothing_is_left_when_engine_and_keeper_are_killed_at_random()
    {
        var clock = Stopwatch.StartNew();
        using Storm storm = new(_engine, Seed);
        storm.Begin();
        double began = clock.Elapsed.TotalSeconds;
        await KillAsync(storm.Api);
        double killed = clock.Elapsed.TotalSeconds;
        await storm.EndAsync();
        await storm.CheckAsync();
        await storm.EmptyAsync();
        output.WriteLine($"seed {Seed}, {Kills} kills in {killed - began:0} s of {clock.Elapsed.TotalSeconds:0}, {storm.Acknowledged} acknowledged requests; "
            + $"ready again after {_starts.Order().ElementAt(_starts.Count / 2):0} ms in the median, {_starts.Max():0} at most");
        storm.AssertNoComplaint($"seed {Seed}; killed: {string.Join(", ", _kills)}");
        // Others may have the processor, so not the slowest but nearly all.
        Assert.True(_starts.Order().ElementAt(_starts.Count * 9 / 10) < 1500, $"slow starts: {string.Join(", ", _starts.Order().TakeLast(10).Select(ms => $"{ms:0} ms"))}");
    }

    public void Dispose() => _engine.Dispose();

    private async Task KillAsync(Api api)
    {
        Random random = new(Seed);
        for (int kill = 1; kill <= Kills; kill++)
        {
            await Task.Delay(random.Next(10, 200));
            switch (random.Next(8))
            {
                case 0 or 1:
                    // The keeper alone: the engine replaces it while it serves.
                    KillKeeper();
                    continue;
                case 2 or 3:
                    KillEngine();
                    KillKeeper();
                    break;
                case 4:
                    // Once more, while it mends what the first time broke.
                    KillEngine();
                    _engine.Launch();
                    await Task.Delay(random.Next(10, 200));
                    KillEngine();
                    kill++;
                    break;
                default:
                    KillEngine();
                    break;
            }
            var clock = Stopwatch.StartNew();
            _engine.Start();
            while (!(await api.GetAsync("/_ping")).Ok)
                await Task.Delay(2);
            _starts.Add(clock.Elapsed.TotalMilliseconds);
        }
    }

    private void KillEngine()
    {
        _kills.Add($"{DateTime.UtcNow:HH:mm:ss.fff} engine");
        _engine.Kill();
    }

    private void KillKeeper()
    {
        _kills.Add($"{DateTime.UtcNow:HH:mm:ss.fff} keeper");
        _engine.KillKeeper();
    }
}
