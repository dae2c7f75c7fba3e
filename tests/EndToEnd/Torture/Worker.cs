using System.Collections.Concurrent;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>
/// One client that makes, starts, stops and removes things of its own at random and remembers what was acknowledged. After each answer it knows what must
/// be so; after a request that got none it knows what may be so, and looks.
/// </summary>
internal sealed class Worker(Api api, int number, int seed, string registry, ConcurrentQueue<string> complaints)
{
    private const int Slots = 4;
    private static readonly string[] Everything = ["absent", "created", "running", "paused", "exited"];

    /// <summary>A request whose answer was lost may still take effect this long after: a signal was sent, the process dies later.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private readonly Dictionary<string, DateTime> _unsettled = [];
    private readonly Dictionary<string, Queue<string>> _history = [];
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, HashSet<string>> _containers = Enumerable.Range(0, Slots).ToDictionary(k => $"w{number}c{k}", _ => new HashSet<string> { "absent" });
    private readonly Dictionary<string, HashSet<string>> _things = new()
    {
        [$"networks/w{number}n"] = ["absent"],
        [$"volumes/w{number}v"] = ["absent"],
        [$"images/w{number}:t"] = ["absent"],
        [$"images/{registry}/w{number}:t"] = ["absent"],
    };

    /// <summary>Requests that were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Requests that were refused because the disk is full, saying so.</summary>
    public int Refused { get; private set; }

    /// <summary>Set while the disk may be full: a refusal that says so is no complaint.</summary>
    public bool MayBeFull { get; set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (_random.Next(4) == 0)
                await StepThingAsync(_things.Keys.ElementAt(_random.Next(_things.Count)));
            else
                await StepContainerAsync(_containers.Keys.ElementAt(_random.Next(Slots)));
        }
    }

    /// <summary>Compares everything with what must be so.</summary>
    public async Task CheckAsync()
    {
        if (_unsettled.Count > 0)
            await Task.Delay(Settling);
        foreach (string name in _containers.Keys)
            _ = await LookAsync(name);
        foreach (string path in _things.Keys)
            _ = await LookAtThingAsync(path);
    }

    /// <summary>Containers that run or are paused now.</summary>
    public IEnumerable<string> Running => _containers.Where(c => c.Value.Single() is "running" or "paused").Select(c => c.Key);

    /// <summary>Those of them with an address on the default bridge; the others have no network.</summary>
    public static bool HasNetwork(string name) => name.EndsWith('0') || name.EndsWith('1');

    /// <summary>The port that a container publishes, or 0.</summary>
    public static int PortOf(string name) => name.EndsWith('0') ? 27500 + name[1] : 0;

    private async Task StepContainerAsync(string name)
    {
        if (_unsettled.TryGetValue(name, out DateTime until) && DateTime.UtcNow < until)
        {
            await Task.Delay(10);
            return;
        }
        _ = _unsettled.Remove(name);
        if (await LookAsync(name) is not { } state)
            return;
        switch (state)
        {
            case "absent":
                await ActAsync(name, "created", () => api.PostAsync($"/containers/create?name={name}", Configuration(name)));
                break;
            case "created" or "exited" when _random.Next(5) > 0:
                await ActAsync(name, "running", () => api.PostAsync($"/containers/{name}/start"));
                break;
            case "paused":
                await ActAsync(name, "running", () => api.PostAsync($"/containers/{name}/unpause"));
                break;
            case "running" when _random.Next(4) == 0:
                await ActAsync(name, "exited", () => api.PostAsync($"/containers/{name}/stop?t=0"));
                break;
            case "running" when _random.Next(4) == 0:
                await ActAsync(name, "paused", () => api.PostAsync($"/containers/{name}/pause"));
                break;
            case "running" when _random.Next(3) > 0:
                await ExecAsync(name);
                break;
            default:
                // What was running may have been found ended, and not yet removed.
                await ActAsync(name, "absent", () => api.DeleteAsync($"/containers/{name}?force=1&v=1"), "exited", "removing", "dead");
                break;
        }
    }

    private async Task ActAsync(string name, string after, Func<Task<Answer>> act, params string[] between)
    {
        HashSet<string> states = _containers[name];
        Answer answer = await act();
        Note(name, $"→ {after}: {answer.Status}");
        if (answer.IsUnknown)
        {
            states.UnionWith([after, .. between]);
            _unsettled[name] = DateTime.UtcNow + Settling;
            return;
        }
        if (!answer.Ok)
        {
            if (IsRefusal(answer))
                states.UnionWith([after, .. between]);
            else
                Complain(name, $"{string.Join('|', states)} → {after}: {answer.Status} {answer.Body.Trim()}");
            states.UnionWith(Everything);
            return;
        }
        Acknowledged++;
        states.Clear();
        _ = states.Add(after);
    }

    /// <summary>The container's state as it is; a complaint when that cannot be. Null when the engine does not answer.</summary>
    private async Task<string?> LookAsync(string name)
    {
        Answer answer = await api.GetAsync($"/containers/{name}/json");
        if (answer.IsUnknown)
            return null;
        string state = answer.Status == 404 ? "absent" : answer.Json.GetProperty("State").GetProperty("Status").GetString()!;
        HashSet<string> allowed = _containers[name];
        if (!allowed.Contains(state))
            Complain(name, $"is {state}, but must be {string.Join(" or ", allowed)}: {answer.Body[..Math.Min(answer.Body.Length, 500)]}");
        Note(name, state);
        allowed.Clear();
        _ = allowed.Add(state);
        return state;
    }

    private async Task ExecAsync(string name)
    {
        Answer created = await api.PostAsync($"/containers/{name}/exec", new { Cmd = new[] { "sh", "-c", "exit 3" } });
        if (created.IsUnknown)
            return;
        if (!created.Ok)
        {
            Complain(name, $"exec: {created.Status} {created.Body.Trim()}");
            return;
        }
        string id = created.Json.GetProperty("Id").GetString()!;
        Answer started = await api.PostAsync($"/exec/{id}/start", new { Detach = true });
        if (!started.Ok)
        {
            if (!started.IsUnknown)
                Complain(name, $"exec start: {started.Status} {started.Body.Trim()}");
            return;
        }
        // Acknowledged: its end must become known, whatever dies meanwhile. 255 is the honest "nobody saw it".
        for (int tries = 0; tries < 600; tries++)
        {
            Answer inspected = await api.GetAsync($"/exec/{id}/json");
            if (inspected.Ok && !inspected.Json.GetProperty(nameof(Running)).GetBoolean())
            {
                if (inspected.Json.GetProperty("ExitCode").ToString() is not ("3" or "255"))
                    complaints.Enqueue($"exec in {name} ended oddly: {inspected.Body}");
                Acknowledged++;
                return;
            }
            if (inspected.Status == 404)
            {
                complaints.Enqueue($"exec {id} of {name} is forgotten");
                return;
            }
            await Task.Delay(20);
        }
        complaints.Enqueue($"exec {id} of {name} does not end");
    }

    private void Note(string name, string what)
    {
        Queue<string> history = _history.TryGetValue(name, out Queue<string>? known) ? known : _history[name] = new Queue<string>();
        history.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {what}");
        if (history.Count > 16)
            _ = history.Dequeue();
    }

    private void Complain(string name, string what) =>
        complaints.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {name}: {what}\n    before: {string.Join(", ", _history.GetValueOrDefault(name) ?? [])}");

    private async Task StepThingAsync(string path)
    {
        if (await LookAtThingAsync(path) is not { } present)
            return;
        string after = present ? "absent" : "present";
        string name = path[(path.IndexOf('/') + 1)..];
        Answer answer = (path[0], present) switch
        {
            ('n', false) => await api.PostAsync("/networks/create", new { Name = name }),
            ('v', false) => await api.PostAsync("/volumes/create", new { Name = name }),
            ('i', false) when name.Contains('/') => await PullAsync(name),
            ('i', false) when _random.Next(2) == 0 => await LoadAndTagAsync(name),
            ('i', false) => await TagAsync(name),
            _ => await api.DeleteAsync("/" + path),
        };
        HashSet<string> states = _things[path];
        if (!answer.Ok)
        {
            states.UnionWith(["absent", "present"]);
            if (!answer.IsUnknown && !IsRefusal(answer))
                complaints.Enqueue($"{path} → {after}: {answer.Status} {answer.Body.Trim()}");
            return;
        }
        Acknowledged++;
        states.Clear();
        _ = states.Add(after);
    }

    /// <summary>A refusal that names the full disk, while it may be full.</summary>
    private bool IsRefusal(Answer answer)
    {
        if (!MayBeFull || !answer.Body.Contains("no space left", StringComparison.OrdinalIgnoreCase))
            return false;
        Refused++;
        return true;
    }

    /// <summary>A failure in the middle of the answer is one too.</summary>
    private async Task<Answer> PullAsync(string name)
    {
        Answer pulled = await api.PostAsync($"/images/create?fromImage={Uri.EscapeDataString(name.Split(":t")[0])}&tag=t");
        return pulled.Ok && pulled.Body.Contains("errorDetail", StringComparison.Ordinal) ? new Answer(500, pulled.Body[pulled.Body.LastIndexOf("{\"error", StringComparison.Ordinal)..]) : pulled;
    }

    private async Task<Answer> LoadAndTagAsync(string name)
    {
        Answer loaded = await api.SendFileAsync("/images/load?quiet=1", Repository.Image("busybox"));
        return loaded.Ok ? await TagAsync(name) : loaded;
    }

    private Task<Answer> TagAsync(string name) => api.PostAsync($"/images/busybox/tag?repo={name.Split(':')[0]}&tag=t");

    private async Task<bool?> LookAtThingAsync(string path)
    {
        Answer answer = await api.GetAsync(path[0] == 'i' ? $"/{path}/json" : "/" + path);
        if (answer.IsUnknown)
            return null;
        string state = answer.Status == 404 ? "absent" : "present";
        HashSet<string> allowed = _things[path];
        if (!allowed.Contains(state))
            complaints.Enqueue($"{path} is {state}, but must be {string.Join(" or ", allowed)}: {answer.Body}");
        allowed.Clear();
        _ = allowed.Add(state);
        return state == "present";
    }

    private static Dictionary<string, object> Configuration(string name)
    {
        Dictionary<string, object> host = new() { ["NetworkMode"] = HasNetwork(name) ? "default" : "none" };
        if (PortOf(name) is > 0 and int port)
            host["PortBindings"] = new Dictionary<string, object> { ["80/tcp"] = new[] { new { HostIp = "127.0.0.1", HostPort = port.ToString() } } };
        return new()
        {
            ["Image"] = "busybox",
            ["Cmd"] = new[] { "sleep", "100000" },
            ["ExposedPorts"] = new Dictionary<string, object> { ["80/tcp"] = new { } },
            ["Volumes"] = new Dictionary<string, object> { ["/data"] = new { } },
            ["HostConfig"] = host,
        };
    }
}
