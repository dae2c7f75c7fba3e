using System.Collections.Concurrent;
using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tare.Tests.EndToEnd.Torture;
using Xunit.Abstractions;

namespace Tare.Tests.EndToEnd.BadInput;

/// <summary>
/// Requests that are wrong at random, on every route that takes a body and on those that take the connection away from HTTP: the engine refuses or
/// obeys, in time, without an internal error, and stays as it is. TARE_FUZZ_SECONDS sets how long, TARE_FUZZ_SEED repeats a run's choices.
/// </summary>
[Collection(Alone.Name)]
public sealed class FuzzTests : IDisposable
{
    private const int Clients = 4;
    private const int MoreDescriptors = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Setting.Number("TARE_FUZZ_SECONDS", 20));
    private static readonly int Seed = Setting.Number("TARE_FUZZ_SEED", Environment.TickCount);
    private readonly ITestOutputHelper _output;
    private readonly Engine _engine = new();
    private readonly Api _api;
    private readonly byte[] _archive = MakeArchive();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentDictionary<int, int> _statuses = new();

    public FuzzTests(ITestOutputHelper output)
    {
        _output = output;
        _api = new Api(_engine.SocketPath);
    }

    [Fact]
    public async Task No_request_however_wrong_crashes_or_blocks_the_engine_or_leaves_anything_behind()
    {
        int pid = _engine.Pid;
        Prepare();
        await RunAsync(TimeSpan.FromSeconds(3), 1);
        KernelState before = await SettleAsync();
        (long memory, int descriptors) = await WeighAsync(int.MaxValue);
        var clock = Stopwatch.StartNew();
        await RunAsync(Duration, Seed);
        double seconds = clock.Elapsed.TotalSeconds;
        KernelState after = await SettleAsync();
        (long memoryAfter, int descriptorsAfter) = await WeighAsync(descriptors + MoreDescriptors);
        _output.WriteLine($"seed {Seed}, {_statuses.Values.Sum()} requests in {seconds:0} s: {string.Join(", ", _statuses.OrderBy(s => s.Key).Select(s => $"{s.Key}: {s.Value}"))}; "
            + $"tared {memory / 1024} → {memoryAfter / 1024} MB, {descriptors} → {descriptorsAfter} descriptors");
        if (_engine.Log().Split('\n').FirstOrDefault(line => line.StartsWith("   at ", StringComparison.Ordinal)) is { } frame)
            _complaints.Enqueue($"the engine's log has a stack: {frame}\n{_engine.Log()[..Math.Min(_engine.Log().Length, 4000)]}");
        Assert.True(_complaints.IsEmpty, $"{_complaints.Count} complaints (seed {Seed}):\n{string.Join('\n', _complaints.Take(15))}");
        Assert.Equal(pid, _engine.Pid);
        Assert.Equal("running", _engine.Tare("inspect", "-f", "{{.State.Status}}", "quiet").Ok().Trim());
        Assert.True(memoryAfter < memory + 64 * 1024, $"tared grew from {memory} to {memoryAfter} KB");
        Assert.True(descriptorsAfter <= descriptors + MoreDescriptors, $"tared had {descriptors} descriptors and has {descriptorsAfter}:\n"
            + Repository.Run("sh", ["-c", $"ls -l /proc/{_engine.Pid}/fd | sed 's/.*-> //; s/[0-9a-f]\\{{8,\\}}/N/g; s/[0-9]\\+/N/g' | sort | uniq -c | sort -n"]).Output);
        before.AssertSame(after);
    }

    public void Dispose()
    {
        _api.Dispose();
        _engine.Dispose();
    }

    private void Prepare()
    {
        _engine.LoadBusybox();
        foreach (string name in (string[])["quiet", "busy"])
            _engine.Tare("run", "-d", "--name", name, "--network", "none", "busybox", "sleep", "100000").Ok();
        // In every group that an update may put it in.
        _engine.Tare("update", "--cpu-shares", "100", "--cpuset-cpus", "0", "--cpuset-mems", "0", "--memory", "64m", "--memory-swap", "128m", "--pids-limit", "50", "--blkio-weight", "100", "busy").Ok();
        _engine.Tare("network", "create", "net").Ok();
    }

    private async Task RunAsync(TimeSpan duration, int seed)
    {
        var clock = Stopwatch.StartNew();
        for (int client = 0; client < Clients; client++)
            _engine.Tare("create", "--name", $"created{client}", "--network", "none", "busybox", "true").Ok();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            Random random = new(seed + client);
            Mutation mutation = new(random);
            while (clock.Elapsed < duration)
                await TryAsync(Shape.All[random.Next(Shape.All.Length)], client, random, mutation);
        })));
    }

    private async Task TryAsync(Shape shape, int client, Random random, Mutation mutation)
    {
        bool wrongBody = random.Next(4) > 0;
        byte[] body = shape.Archive ? wrongBody ? mutation.Bytes(_archive) : _archive
            : shape.Json is { } json ? Encoding.UTF8.GetBytes(Name(wrongBody ? mutation.Json(json, !shape.ValuesOnly) : json, client)) : [];
        string target = Name(shape.Path, client);
        if (target.Contains("{exec}", StringComparison.Ordinal))
            target = target.Replace("{exec}", await NewExecAsync(), StringComparison.Ordinal);
        string query = Name(random.Next(2) == 0 ? shape.Query : Change(shape.Query, random, mutation), client);
        target = $"{(random.Next(3) == 0 ? $"/v1.{random.Next(22, 60)}" : "")}{target}{(query.Length == 0 ? "" : "?" + query)}";
        string type = random.Next(20) == 0 ? mutation.Text() : shape.Archive ? "application/x-tar" : "application/json";
        string more = shape.Upgrades && random.Next(3) > 0 ? $"Connection: Upgrade\r\nUpgrade: {(random.Next(3) == 0 ? "a" : shape.Path == "/grpc" ? "h2c" : "tcp")}\r\n" : "";
        byte[] bytes = RawClient.Request(shape.Method, target, body, type, more);
        bool raw = random.Next(12) == 0 && !shape.ValuesOnly;
        if (raw)
            bytes = mutation.Bytes(bytes);
        RawAnswer answer = shape.Streams || raw
            ? await BeginAsync(bytes, random)
            : await RawClient.SendAsync(_engine.SocketPath, bytes, Patience);
        _ = _statuses.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
        Judge(answer, shape, raw, bytes);
        await CleanAsync(answer, client);
    }

    private void Judge(RawAnswer answer, Shape shape, bool raw, byte[] bytes)
    {
        bool fine = answer.Status is >= 200 and < 500 or 501 or 503 or 505 or 101 || (answer.Status == 500 && shape.AsksOthers)
            || (answer.Status is RawAnswer.Closed or RawAnswer.Silent && (raw || shape.Streams || shape.AsksOthers));
        if (!fine)
            _complaints.Enqueue($"{answer.Status} for {Encoding.UTF8.GetString(bytes, 0, Math.Min(bytes.Length, 1500))}\n    {answer.Text[..Math.Min(answer.Text.Length, 600)]}");
    }

    /// <summary>For conversations: looks at the head, if one comes soon, says something, and goes in one of the ways there are.</summary>
    private async Task<RawAnswer> BeginAsync(byte[] bytes, Random random)
    {
        using Socket socket = RawClient.Connect(_engine.SocketPath);
        using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(random.Next(20, 300)));
        try
        {
            int first = random.Next(4) == 0 ? random.Next(bytes.Length + 1) : bytes.Length;
            _ = await socket.SendAsync(bytes.AsMemory(0, first));
            if (first < bytes.Length)
            {
                await Task.Delay(random.Next(20));
                _ = await socket.SendAsync(bytes.AsMemory(first));
            }
            RawAnswer answer = await RawClient.ReadAsync(socket, headOnly: true, limit.Token);
            if (random.Next(2) == 0)
                _ = await socket.SendAsync(new byte[random.Next(2000)]);
            if (random.Next(2) == 0)
                socket.Shutdown(SocketShutdown.Send);
            else if (random.Next(2) == 0)
                socket.LingerState = new LingerOption(true, 0);
            return answer;
        }
        catch (SocketException)
        {
            // Closed by the engine while more was being sent.
            return new RawAnswer(RawAnswer.Closed, "");
        }
    }

    private static string Name(string text, int client) => text.Replace("{created}", $"created{client}", StringComparison.Ordinal)
        .Replace("{c}", "quiet", StringComparison.Ordinal).Replace("{busy}", "busy", StringComparison.Ordinal).Replace("{net}", "net", StringComparison.Ordinal)
        .Replace("name=created&", $"name=created{client}&", StringComparison.Ordinal).Replace("name=fuzz", $"name=fuzz{client}", StringComparison.Ordinal);

    private static string Change(string query, Random random, Mutation mutation)
    {
        List<string> pairs = [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries)];
        if (pairs.Count == 0)
            return $"{mutation.Text()}={mutation.Text()}".Replace(' ', '+');
        int at = random.Next(pairs.Count);
        string name = pairs[at].Split('=')[0];
        if (random.Next(4) == 0)
            pairs.RemoveAt(at);
        else
            pairs[at] = $"{name}={mutation.Text()}";
        if (random.Next(6) == 0)
            pairs.Add($"{name}={mutation.Text()}");
        return string.Join('&', pairs).Replace(' ', '+');
    }

    private async Task<string> NewExecAsync()
    {
        Answer made = await _api.PostAsync("/containers/quiet/exec", new { Cmd = new[] { "true" }, AttachStdout = true, AttachStdin = true });
        return made.Ok ? made.Json.GetProperty("Id").GetString()! : "nothing";
    }

    /// <summary>What was made by what was not wrong enough goes again.</summary>
    private async Task CleanAsync(RawAnswer answer, int client)
    {
        if (answer.Status != 201)
            return;
        foreach (string id in Ids(answer.Body))
        {
            _ = await _api.DeleteAsync($"/containers/{id}?force=1&v=1");
            _ = await _api.DeleteAsync($"/networks/{id}");
        }
        _ = await _api.PostAsync($"/containers/created{client}/rename?name=created{client}");
    }

    private static IEnumerable<string> Ids(string body)
    {
        int start = body.IndexOf('{', StringComparison.Ordinal), end = body.LastIndexOf('}');
        if (start < 0 || end < start)
            yield break;
        JsonDocument? json = null;
        try
        {
            json = JsonDocument.Parse(body[start..(end + 1)]);
        }
        catch (JsonException)
        {
            yield break;
        }
        if (json.RootElement.TryGetProperty("Id", out JsonElement id) && id.GetString() is { Length: 64 } text)
            yield return text;
    }

    private async Task<KernelState> SettleAsync()
    {
        // Whatever was renamed, made without an answer, or loaded.
        Answer list = await _api.GetAsync("/containers/json?all=1");
        foreach (JsonElement container in list.Json.EnumerateArray())
        {
            string name = container.GetProperty("Names")[0].GetString()!;
            if (name is not ("/quiet" or "/busy"))
                _ = await _api.DeleteAsync($"/containers/{container.GetProperty("Id").GetString()}?force=1&v=1");
        }
        foreach (JsonElement network in (await _api.GetAsync("/networks?filters={\"type\":[\"custom\"]}")).Json.EnumerateArray())
        {
            if (network.GetProperty("Name").GetString() != "net")
                _ = await _api.DeleteAsync($"/networks/{network.GetProperty("Id").GetString()}");
        }
        _ = await _api.PostAsync("/volumes/prune?filters={\"all\":[\"1\"]}");
        foreach (JsonElement image in (await _api.GetAsync("/images/json")).Json.EnumerateArray())
        {
            foreach (JsonElement tag in image.GetProperty("RepoTags").EnumerateArray().Where(tag => tag.GetString() != "busybox:latest"))
                _ = await _api.DeleteAsync($"/images/{Uri.EscapeDataString(tag.GetString()!)}?force=1");
        }
        _ = await _api.PostAsync("/images/prune");
        Assert.True((await _api.GetAsync("/_ping")).Ok);
        return KernelState.Settled(_engine);
    }

    /// <summary>In KB, and how many are open; waits a while until there are so few: a client that has gone is noticed within seconds.</summary>
    private async Task<(long Memory, int Descriptors)> WeighAsync(int few)
    {
        int descriptors = 0;
        for (int tries = 0; tries < 20 && (tries == 0 || descriptors > few); tries++)
        {
            await Task.Delay(500);
            descriptors = Directory.GetFiles($"/proc/{_engine.Pid}/fd").Length;
        }
        string status = File.ReadLines($"/proc/{_engine.Pid}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        return (long.Parse(status.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]), descriptors);
    }

    private static byte[] MakeArchive()
    {
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, leaveOpen: true))
        {
            foreach ((string name, string content) in ((string, string)[])[("Dockerfile", "FROM busybox\nRUN true\n"), ("etc/x", "hello\n"), ("manifest.json", """[{"Config":"c.json","RepoTags":["fuzz:t"],"Layers":["l.tar"]}]"""), ("c.json", "{}"), ("l.tar", "")])
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "../../../etc/passwd" });
        }
        return archive.ToArray();
    }
}
