using System.Collections.Concurrent;
using System.Globalization;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>
/// An engine, a registry beside it, containers that count, and clients that make, use and remove things of their own at random. What a test does to
/// the engine meanwhile is its own; afterwards <see cref="CheckAsync"/> says what is not as it was acknowledged.
/// </summary>
internal sealed class Storm : IDisposable
{
    private const int Workers = 5;
    private const int Counters = 4;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, string> _pids = [];
    private readonly RegistryProgram _registry = new();
    private readonly Worker[] _workers;
    private Task[] _running = [];

    public Storm(Engine engine, int seed)
    {
        Engine = engine;
        Api = new Api(engine.SocketPath);
        _workers = [.. Enumerable.Range(0, Workers).Select(n => new Worker(Api, n, seed + n, _registry.Address, Complaints))];
    }

    public Engine Engine { get; }

    public Api Api { get; }

    /// <summary>What was found wrong.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Requests that were acknowledged.</summary>
    public int Acknowledged => _workers.Sum(worker => worker.Acknowledged);

    /// <summary>Set while requests may be refused because the disk is full.</summary>
    public bool MayBeFull
    {
        set
        {
            foreach (Worker worker in _workers)
                worker.MayBeFull = value;
        }
    }

    /// <summary>A full disk loses lines of logs, never their order.</summary>
    public bool LogsMayHaveGaps { get; init; }

    /// <summary>Refusals of which the reason was a full disk.</summary>
    public int Refused => _workers.Sum(worker => worker.Refused);

    public void Begin()
    {
        Engine.LoadBusybox();
        FillRegistry();
        for (int i = 0; i < Counters; i++)
        {
            // Two write in batches, which a keeper takes at once, and two line by line.
            string pause = i < 2 ? "usleep 20000" : "[ $((i%20)) -gt 0 ] || usleep 100000";
            Engine.Tare("run", "-d", "--name", $"counter{i}", "--log-opt", "max-size=-1", "--network", i % 2 == 0 ? "bridge" : "none", "busybox", "sh", "-c",
                $"i=0; while :; do i=$((i+1)); echo $i; {pause}; done").Ok();
            _pids[$"counter{i}"] = Engine.Tare("inspect", "-f", "{{.State.Pid}}", $"counter{i}").Ok().Trim();
        }
        _running = [.. _workers.Select(worker => Task.Run(() => worker.RunAsync(_stop.Token)))];
    }

    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>Adds to the complaints whatever is not as it was acknowledged, and whatever belongs to nothing.</summary>
    public async Task CheckAsync()
    {
        await Task.WhenAll(_workers.Select(worker => worker.CheckAsync()));
        foreach ((string name, string pid) in _pids)
        {
            if (Engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", name).Output.Trim() != $"running {pid}")
                Complaints.Enqueue($"{name} does not run as process {pid} any more");
            CheckCounts(name);
        }
        foreach (string finding in await new Audit(Engine, Api).RunAsync())
            Complaints.Enqueue(finding);
    }

    /// <summary>Removes everything that there is; nothing may stay on disk or in the kernel.</summary>
    public async Task EmptyAsync()
    {
        Answer list = await Api.GetAsync("/containers/json?all=1");
        await Task.WhenAll(list.Json.EnumerateArray().Select(c => ExpectAsync(Api.DeleteAsync($"/containers/{c.GetProperty("Id").GetString()}?force=1&v=1"))));
        await ExpectAsync(Api.PostAsync("/networks/prune"));
        await ExpectAsync(Api.PostAsync("/volumes/prune?filters={\"all\":[\"1\"]}"));
        await ExpectAsync(Api.PostAsync("/images/prune?filters={\"dangling\":[\"0\"]}"));
        foreach (string finding in await new Audit(Engine, Api).RunAsync())
            Complaints.Enqueue("when all is removed: " + finding);
        foreach (string finding in Audit.Leftovers(Engine))
            Complaints.Enqueue("when all is removed: " + finding);
    }

    public void AssertNoComplaint(string what) => Assert.True(Complaints.IsEmpty,
        $"{Complaints.Count} complaints ({what}):\n{string.Join('\n', Complaints.Take(20))}\n\n{Tail(Engine.Log())}\n{Tail(KeeperLog())}");

    public void Dispose()
    {
        _stop.Dispose();
        Api.Dispose();
        _registry.Dispose();
    }

    /// <summary>An image for each worker whose layers nobody else has, so that removing it removes them and pulling it downloads them.</summary>
    private void FillRegistry()
    {
        byte[] noise = new byte[700_000];
        Random random = new(7);
        for (int worker = 0; worker < Workers; worker++)
        {
            string name = $"{_registry.Address}/w{worker}:t";
            Engine.Tare("create", "--name", "filler", "busybox", "true").Ok();
            for (int layer = 0; layer < 2; layer++)
            {
                random.NextBytes(noise);
                File.WriteAllBytes(Path.Combine(Engine.Root, "noise"), noise);
                Engine.Tare("cp", Path.Combine(Engine.Root, "noise"), $"filler:/noise{layer}").Ok();
            }
            Engine.Tare("commit", "filler", name).Ok();
            Engine.Tare("push", name).Ok();
            Engine.Tare("rm", "filler").Ok();
            Engine.Tare("rmi", name).Ok();
        }
        File.Delete(Path.Combine(Engine.Root, "noise"));
    }

    private void CheckCounts(string name)
    {
        long expected = 0;
        foreach (string line in Engine.Tare("logs", name).Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            expected++;
            if (LogsMayHaveGaps && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > expected)
                expected = number;
            if (line != expected.ToString(CultureInfo.InvariantCulture))
            {
                Complaints.Enqueue($"the log of {name} has \"{line}\" where {expected} should be");
                return;
            }
        }
        if (expected < 100)
            Complaints.Enqueue($"the log of {name} has only {expected} lines");
    }

    private async Task ExpectAsync(Task<Answer> request)
    {
        Answer answer = await request;
        if (!answer.Ok)
            Complaints.Enqueue($"when all is removed: {answer.Status} {answer.Body}");
    }

    private string KeeperLog() => File.Exists(Engine.ExecRoot + "/keeper.log") ? File.ReadAllText(Engine.ExecRoot + "/keeper.log") : "";

    private static string Tail(string log) => string.Join('\n', log.Split('\n').TakeLast(20));
}
