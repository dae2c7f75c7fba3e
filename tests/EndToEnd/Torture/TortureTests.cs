using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>
/// The crash rule, tried: engine and keeper are killed again and again at random moments of a storm of requests, and afterwards everything that was
/// acknowledged is so, what ran runs, no line of a log is missing, and nothing is left over. TARE_TORTURE_KILLS sets how often (200 when unset),
/// TARE_TORTURE_SEED repeats a run's choices.
/// </summary>
public sealed class TortureTests(ITestOutputHelper output) : IDisposable
{
    private const int Workers = 4;
    private const int Counters = 4;
    private static readonly int Kills = Setting("TARE_TORTURE_KILLS", 200);
    private static readonly int Seed = Setting("TARE_TORTURE_SEED", Environment.TickCount);
    private readonly Engine _engine = new();
    private readonly ConcurrentQueue<string> _complaints = new();

    [Fact]
    public async Task Nothing_is_lost_and_nothing_is_left_when_engine_and_keeper_are_killed_at_random()
    {
        output.WriteLine($"seed {Seed}, {Kills} kills");
        _engine.LoadBusybox();
        using Api api = new(_engine.SocketPath);
        Dictionary<string, string> pids = [];
        for (int i = 0; i < Counters; i++)
        {
            _engine.Tare("run", "-d", "--name", $"counter{i}", "--log-opt", "max-size=-1", "--network", i % 2 == 0 ? "bridge" : "none", "busybox", "sh", "-c",
                "i=0; while :; do i=$((i+1)); echo $i; usleep 10000; done").Ok();
            pids[$"counter{i}"] = _engine.Tare("inspect", "-f", "{{.State.Pid}}", $"counter{i}").Ok().Trim();
        }
        Worker[] workers = [.. Enumerable.Range(0, Workers).Select(n => new Worker(api, n, Seed + n, _complaints))];
        using CancellationTokenSource stop = new();
        Task[] storm = [.. workers.Select(worker => Task.Run(() => worker.RunAsync(stop.Token)))];
        TimeSpan slowest = await KillAsync(api);
        await stop.CancelAsync();
        await Task.WhenAll(storm).WaitAsync(TimeSpan.FromMinutes(2));
        foreach (Worker worker in workers)
            await worker.CheckAsync();
        foreach ((string name, string pid) in pids)
        {
            if (_engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", name).Output.Trim() != $"running {pid}")
                _complaints.Enqueue($"{name} does not run as process {pid} any more");
            CheckCounts(name);
        }
        foreach (string finding in await new Audit(_engine, api).RunAsync())
            _complaints.Enqueue(finding);
        output.WriteLine($"{workers.Sum(worker => worker.Acknowledged)} acknowledged requests, slowest start {slowest.TotalMilliseconds:0} ms");
        Assert.True(_complaints.IsEmpty, $"{_complaints.Count} complaints (seed {Seed}):\n{string.Join('\n', _complaints.Take(20))}\n\n{Tail(_engine.Log())}\n{Tail(KeeperLog())}");
    }

    public void Dispose() => _engine.Dispose();

    private async Task<TimeSpan> KillAsync(Api api)
    {
        Random random = new(Seed);
        TimeSpan slowest = TimeSpan.Zero;
        for (int kill = 1; kill <= Kills; kill++)
        {
            await Task.Delay(random.Next(20, 250));
            bool keeperToo = kill % 4 == 0;
            if (kill % 4 == 2)
            {
                // The keeper alone: the engine replaces it while it serves.
                _engine.KillKeeper();
                continue;
            }
            _engine.Kill();
            if (keeperToo)
                _engine.KillKeeper();
            var clock = Stopwatch.StartNew();
            _engine.Start();
            while (!(await api.GetAsync("/_ping")).Ok)
                await Task.Delay(2);
            slowest = slowest > clock.Elapsed ? slowest : clock.Elapsed;
        }
        return slowest;
    }

    private void CheckCounts(string name)
    {
        long expected = 0;
        foreach (string line in _engine.Tare("logs", name).Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line != (++expected).ToString(CultureInfo.InvariantCulture))
            {
                _complaints.Enqueue($"the log of {name} has \"{line}\" where {expected} should be");
                return;
            }
        }
        if (expected < 100)
            _complaints.Enqueue($"the log of {name} has only {expected} lines");
    }

    private string KeeperLog() => File.Exists(_engine.ExecRoot + "/keeper.log") ? File.ReadAllText(_engine.ExecRoot + "/keeper.log") : "";

    private static string Tail(string log) => string.Join('\n', log.Split('\n').TakeLast(20));

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
