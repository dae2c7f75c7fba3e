using System.Globalization;
using System.Text;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>Compares what an engine has in the kernel and on disk with the containers that it says it has: nothing more, nothing less.</summary>
internal sealed class Audit(Engine engine, Api api)
{
    private readonly List<string> _findings = [];

    /// <summary>What does not match, after a moment for what goes in the background.</summary>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        for (int tries = 0; ; tries++)
        {
            _findings.Clear();
            await CompareAsync();
            if (_findings.Count == 0 || tries == 20)
                return _findings;
            await Task.Delay(250);
        }
    }

    /// <summary>What is on disk of an engine that has nothing any more.</summary>
    public static IEnumerable<string> Leftovers(Engine engine)
    {
        foreach (string directory in (string[])["data/content/blobs/sha256", "data/content/ingest", "data/snapshots", "data/volumes", "data/containers", "exec/stdio", "exec/execs"])
            foreach (string name in Names(engine.Root, directory).Where(name => name is not ("journal" or "init-layer")))
                yield return $"{directory}/{name} is left";
    }

    private async Task CompareAsync()
    {
        Answer list = await api.GetAsync("/containers/json?all=1");
        var containers = list.Json.EnumerateArray().Select(c => (
            Id: c.GetProperty("Id").GetString()!,
            Runs: c.GetProperty("State").GetString() is "running" or "paused",
            HasNetwork: c.GetProperty("HostConfig").GetProperty("NetworkMode").GetString() is not "none")).ToList();
        string[] all = [.. containers.Select(c => c.Id)];
        string[] running = [.. containers.Where(c => c.Runs).Select(c => c.Id)];
        string[] connected = [.. containers.Where(c => c.Runs && c.HasNetwork).Select(c => c.Id)];

        Same("container directories", all, Names(engine.DataRoot, "containers").Where(IsId));
        Same("namespaces", connected, Names(engine.ExecRoot, "netns").Where(IsId));
        Same("mounts of namespaces", connected, File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4])
            .Where(path => path.StartsWith(engine.ExecRoot, StringComparison.Ordinal)).Select(path => Path.GetFileName(path)).Where(IsId));
        foreach (string tree in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(mount => Path.Combine(mount, "tare-" + Suffix)).Where(Directory.Exists))
            Same($"cgroups in {tree}", running, Directory.GetDirectories(tree).Select(d => Path.GetFileName(d)), allRequired: false);
        Same("streams", running, Names(engine.ExecRoot, "stdio").Select(name => name.Split('.')[0]).Distinct().Where(IsId), allRequired: false);
        string[] volumes = [.. (await api.GetAsync("/volumes")).Json.GetProperty("Volumes").EnumerateArray().Select(v => v.GetProperty("Name").GetString()!)];
        Same("volumes", volumes, Names(engine.DataRoot, "volumes"));
        Same("anonymous volumes", list.Json.EnumerateArray().SelectMany(c => c.GetProperty("Mounts").EnumerateArray()).Where(m => m.TryGetProperty("Name", out _))
            .Select(m => m.GetProperty("Name").GetString()!), volumes.Where(IsId), allRequired: false);
        int links = Directory.GetFileSystemEntries("/sys/class/net").Count(link => Directory.Exists(link + "/master") && Path.GetFileName(Directory.ResolveLinkTarget(link + "/master", true)!.FullName) == "tare-" + Suffix);
        Check(links == connected.Length, $"{links} links on the bridge, but {connected.Length} containers are connected");
        foreach (string id in running)
        {
            int pid = (await api.GetAsync($"/containers/{id}/json")).Json.GetProperty("State").GetProperty("Pid").GetInt32();
            Check(Directory.Exists($"/proc/{pid}"), $"{id} runs, but its process {pid} is gone");
        }
        CheckFirewall([.. list.Json.EnumerateArray().SelectMany(c => c.GetProperty("Ports").EnumerateArray())
            .Where(port => port.TryGetProperty("PublicPort", out _)).Select(port => port.GetProperty("PublicPort").GetInt32())]);
        await CheckExecsAsync(all);
    }

    /// <summary>Processes that run in a container's namespaces and in no container are children of keeper, engine or init.</summary>
    private async Task CheckExecsAsync(string[] containers)
    {
        foreach (string id in Names(engine.ExecRoot, "execs"))
        {
            Answer exec = await api.GetAsync($"/exec/{id}/json");
            Check(exec.Ok && containers.Contains(exec.Json.GetProperty("ContainerID").GetString()), $"file of exec {id}, which is unknown: {exec.Body}");
        }
    }

    private void CheckFirewall(int[] ports)
    {
        string table = Repository.Run("nft", ["list", "table", "inet", "tare-" + Suffix]).Output;
        for (int port = 27500; port < 27600; port++)
        {
            bool has = table.Contains(port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            Check(has == ports.Contains(port), $"port {port} is {(has ? "" : "not ")}in the firewall table, but containers publish {string.Join(", ", ports)}");
        }
    }

    private void Same(string what, IEnumerable<string> wanted, IEnumerable<string> present, bool allRequired = true)
    {
        HashSet<string> known = [.. wanted];
        HashSet<string> there = [.. present];
        foreach (string orphan in there.Except(known))
            _findings.Add($"{what}: {orphan} belongs to nothing");
        if (allRequired)
        {
            foreach (string missing in known.Except(there))
                _findings.Add($"{what}: {missing} is missing");
        }
    }

    private void Check(bool condition, string finding)
    {
        if (!condition)
            _findings.Add(finding);
    }

    /// <summary>What names of this instance's kernel objects end with.</summary>
    private string Suffix => Encoding.UTF8.GetBytes(engine.DataRoot).Aggregate(2166136261u, (hash, b) => (hash ^ b) * 16777619).ToString("x8", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Names(params string[] path) =>
        Directory.Exists(Path.Combine(path)) ? Directory.GetFileSystemEntries(Path.Combine(path)).Select(entry => Path.GetFileName(entry)) : [];

    private static bool IsId(string name) => name.Length == 64;
}
