using System.Diagnostics;

namespace Tare.Tests.EndToEnd;

/// <summary>
/// What an engine has in the kernel and on disk: processes, mounts, links, network namespaces, cgroups, firewall elements, directories. Two of them
/// are compared before and after something that must leave nothing.
/// </summary>
internal sealed class KernelState
{
    private readonly SortedDictionary<string, string> _parts = new(StringComparer.Ordinal);

    /// <summary>The state once it no longer changes: links and namespaces go in the background.</summary>
    public static KernelState Settled(Engine engine)
    {
        KernelState last = Read(engine);
        Stopwatch waited = Stopwatch.StartNew();
        while (waited.Elapsed < TimeSpan.FromSeconds(5))
        {
            Thread.Sleep(300);
            KernelState now = Read(engine);
            if (now.Text == last.Text)
                return now;
            last = now;
        }
        return last;
    }

    /// <summary>How many groups of containers there are, over all trees.</summary>
    public int Cgroups => _parts["cgroups"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    public void AssertSame(KernelState after)
    {
        foreach ((string part, string before) in _parts)
            Assert.True(before == after._parts[part], $"{part} before:\n{before}\n\n{part} after:\n{after._parts[part]}");
    }

    private string Text => string.Join('\n', _parts.Select(p => p.Key + p.Value));

    private static KernelState Read(Engine engine)
    {
        KernelState state = new();
        state._parts["processes"] = string.Join('\n', KeeperChildren(engine));
        state._parts["mounts"] = string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(l => l.Contains(engine.Root, StringComparison.Ordinal) && !l.Contains("/netns/", StringComparison.Ordinal)));
        state._parts["network namespaces"] = Directory.Exists(engine.ExecRoot + "/netns") ? Directory.GetFiles(engine.ExecRoot + "/netns").Length.ToString() : "0";
        state._parts["links"] = string.Join('\n', Directory.GetDirectories("/sys/class/net").Where(d => Bridge(d) == BridgeOf(engine)).Order(StringComparer.Ordinal));
        state._parts["cgroups"] = string.Join('\n', engine.CgroupParents.SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal));
        state._parts["directories"] = string.Join('\n', new[] { "containers", "volumes", "snapshots", "content/ingest" }
            .Select(d => Path.Combine(engine.DataRoot, d)).Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries).Order(StringComparer.Ordinal));
        return state;
    }

    /// <summary>Command lines of the processes whose parent is this engine's keeper.</summary>
    private static IEnumerable<string> KeeperChildren(Engine engine)
    {
        Process? keeper = Process.GetProcessesByName("tare-keeper").FirstOrDefault(k => CommandLine(k.Id).Contains(engine.ExecRoot, StringComparison.Ordinal));
        return keeper is null ? [] : Repository.Run("pgrep", ["-P", keeper.Id.ToString(), "-a"]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[(l.IndexOf(' ') + 1)..]);
    }

    private static string CommandLine(int pid) => File.ReadAllText($"/proc/{pid}/cmdline");

    private static string? BridgeOf(Engine engine) => Engine.BridgeAt(engine.Gateway);

    private static string? Bridge(string link) =>
        Directory.Exists(Path.Combine(link, "master")) && Directory.ResolveLinkTarget(Path.Combine(link, "master"), false) is { } master ? Path.GetFileName(master.FullName) : null;
}
