using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>
/// Many running containers, many clients: no request fails, memory stays flat, and the engine is back at once after a crash. TARE_LOAD_CONTAINERS (200
/// when unset), TARE_LOAD_SECONDS (15) make more of it; bench/load.sh runs it with 500 for a minute, or as a soak for hours.
/// </summary>
[Collection(Alone.Name)]
public sealed class LoadTests(ITestOutputHelper output) : IDisposable
{
    private const int Clients = 64;
    private const int Stopped = 500;
    private static readonly int Containers = Setting.Number("TARE_LOAD_CONTAINERS", 200);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Setting.Number("TARE_LOAD_SECONDS", 15));
    private readonly Engine _engine = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _times = new();

    [Fact]
    public async Task Sixty_four_clients_get_no_error_and_memory_stays_flat()
    {
        _engine.LoadBusybox();
        using Api api = new(_engine.SocketPath);
        await StartContainersAsync(api);
        // Until the heap has the size that so many clients need.
        await HammerAsync(api, Duration);
        (long engine, long keeper) = Memory();
        _times.Clear();
        await HammerAsync(api, Duration);
        (long engineAfter, long keeperAfter) = Memory();
        foreach ((string what, ConcurrentBag<double> times) in _times.OrderBy(t => t.Key))
        {
            double[] sorted = [.. times.Order()];
            output.WriteLine($"{what,-8} {sorted.Length,7} requests, median {sorted[sorted.Length / 2]:0.0} ms, 99th percentile {sorted[sorted.Length * 99 / 100]:0.0} ms");
        }
        output.WriteLine($"tared {engine / 1024} → {engineAfter / 1024} MB, keeper {keeper / 1024} → {keeperAfter / 1024} MB");
        Assert.True(_errors.IsEmpty, $"{_errors.Count} errors:\n{string.Join('\n', _errors.Take(10))}");
        Assert.True(engineAfter < engine + Math.Max(engine / 4, 32 * 1024), $"tared grew from {engine} to {engineAfter} KB");
        Assert.True(keeperAfter < keeper + Math.Max(keeper / 4, 4 * 1024), $"the keeper grew from {keeper} to {keeperAfter} KB");
        await CreateStoppedAsync(api);
        await RestartAsync(api);
        await RemoveAsync(api);
    }

    public void Dispose() => _engine.Dispose();

    private async Task StartContainersAsync(Api api)
    {
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, Containers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            Answer created = await api.PostAsync($"/containers/create?name=load{i}", new
            {
                Image = "busybox",
                Cmd = new[] { "sh", "-c", "while :; do echo tick; sleep 5; done" },
                HostConfig = new { NetworkMode = i % 2 == 0 ? "none" : "bridge" },
            });
            Expect(created, "create");
            Expect(await api.PostAsync($"/containers/load{i}/start"), "start");
        });
        output.WriteLine($"{Containers} containers created and started in {clock.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>Containers that do not run cost an engine's start as well.</summary>
    private Task CreateStoppedAsync(Api api) => Parallel.ForEachAsync(Enumerable.Range(0, Stopped), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        Expect(await api.PostAsync($"/containers/create?name=stopped{i}", new { Image = "busybox", Cmd = new[] { "true" } }), "create"));

    private async Task RemoveAsync(Api api)
    {
        Answer list = await api.GetAsync("/containers/json?all=1");
        await Parallel.ForEachAsync(list.Json.EnumerateArray(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (container, _) =>
            Expect(await api.DeleteAsync($"/containers/{container.GetProperty("Id").GetString()}?force=1&v=1"), "remove"));
        Assert.True(_errors.IsEmpty, $"{_errors.Count} errors:\n{string.Join('\n', _errors.Take(10))}");
    }

    private async Task HammerAsync(Api api, TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            Random random = new(client);
            while (clock.Elapsed < duration)
            {
                string name = $"load{random.Next(Containers)}";
                switch (random.Next(8))
                {
                    case 0:
                        await TimeAsync("list", () => api.GetAsync("/containers/json"));
                        break;
                    case < 4:
                        await TimeAsync("inspect", () => api.GetAsync($"/containers/{name}/json"));
                        break;
                    case < 7:
                        await TimeAsync("logs", () => api.GetAsync($"/containers/{name}/logs?stdout=1&tail=10"));
                        break;
                    default:
                        await TimeAsync("exec", () => ExecAsync(api, name));
                        break;
                }
            }
        })));
    }

    private static async Task<Answer> ExecAsync(Api api, string name)
    {
        Answer created = await api.PostAsync($"/containers/{name}/exec", new { AttachStdout = true, Cmd = new[] { "echo", "hello" } });
        if (!created.Ok)
            return created;
        Answer ran = await api.PostAsync($"/exec/{created.Json.GetProperty("Id").GetString()}/start", new { Detach = false });
        return ran.Body.EndsWith("hello\n", StringComparison.Ordinal) ? ran : new Answer(598, $"exec said \"{ran.Body}\" ({ran.Status})");
    }

    private async Task TimeAsync(string what, Func<Task<Answer>> act)
    {
        var clock = Stopwatch.StartNew();
        Expect(await act(), what);
        _times.GetOrAdd(what, _ => []).Add(clock.Elapsed.TotalMilliseconds);
    }

    private void Expect(Answer answer, string what)
    {
        if (!answer.Ok && answer.Status != 101)
            _errors.Enqueue($"{what}: {answer.Status} {answer.Body}");
    }

    private async Task RestartAsync(Api api)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            _engine.Kill();
            var clock = Stopwatch.StartNew();
            _engine.Start();
            while (!(await api.GetAsync("/_ping")).Ok)
                await Task.Delay(1);
            best = Math.Min(best, clock.Elapsed.TotalMilliseconds);
        }
        output.WriteLine($"ready {best:0} ms after a crash with {Containers} running and {Stopped} stopped containers");
        int running = (await api.GetAsync("/containers/json")).Json.GetArrayLength();
        Assert.Equal(Containers, running);
        Assert.True(best <= 1000 * Math.Max(1, Containers / 200), $"ready only after {best:0} ms");
    }

    /// <summary>Resident memory in KB.</summary>
    private (long Engine, long Keeper) Memory()
    {
        int keeper = Process.GetProcessesByName("tare-keeper").Select(p => p.Id)
            .First(id => File.ReadAllText($"/proc/{id}/cmdline").Contains(_engine.ExecRoot, StringComparison.Ordinal));
        return (Resident(_engine.Pid), Resident(keeper));
    }

    private static long Resident(int pid) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
