using System.Globalization;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups;

/// <summary>
/// Where this machine's cgroup trees are mounted and which controller lives in which. Immutable; found once per process and shared.
/// </summary>
public sealed class CgroupHierarchy
{
    private const string UsualMount = "/sys/fs/cgroup";
    private static CgroupHierarchy? s_ofThisMachine;
    private readonly Dictionary<string, string> _legacy;
    private readonly HashSet<string> _unified;

    /// <summary>Describes a machine: v1 mount points by controller, the v2 mount point or null, and the controllers of the v2 tree.</summary>
    public CgroupHierarchy(IReadOnlyDictionary<string, string> legacyMounts, string? unifiedMount, IEnumerable<string> unifiedControllers)
    {
        _legacy = new Dictionary<string, string>(legacyMounts);
        _unified = [.. unifiedControllers];
        UnifiedMount = unifiedMount;
        Shape = unifiedMount is null ? CgroupShape.Legacy : _legacy.Keys.Any(key => !IsNamed(key)) ? CgroupShape.Hybrid : CgroupShape.Unified;
    }

    /// <summary>Which of the three arrangements this is.</summary>
    public CgroupShape Shape { get; }

    /// <summary>The v2 tree's mount point; null in the legacy shape.</summary>
    public string? UnifiedMount { get; }

    /// <summary>True for a tree that has a name ("name=systemd") in place of controllers.</summary>
    public static bool IsNamed(string key) => key.StartsWith("name=", StringComparison.Ordinal);

    /// <summary>v1 controllers ("memory", "cpu", …), named trees too, and the mount point of the tree each is in; several controllers may share one.</summary>
    public IReadOnlyDictionary<string, string> LegacyMounts => _legacy;

    /// <summary>Controllers available in the v2 tree.</summary>
    public IReadOnlyCollection<string> UnifiedControllers => _unified;

    /// <summary>True when groups have a share of the time for realtime processes (cpu.rt_runtime_us), which v1 only can have.</summary>
    public bool HasRealtime => HasLegacy("cpu", "cpu.rt_runtime_us");

    /// <summary>True when groups have a weight for block devices. In the v2 tree that shows in the groups only, so it is not ruled out.</summary>
    public bool HasBlockWeight => HasLegacy("blkio", "blkio.weight") || HasLegacy("blkio", "blkio.bfq.weight") || _unified.Contains("io");

    /// <summary>As <see cref="HasBlockWeight"/>, for single devices.</summary>
    public bool HasBlockWeightDevice => HasLegacy("blkio", "blkio.weight_device") || HasLegacy("blkio", "blkio.bfq.weight_device") || _unified.Contains("io");

    private bool HasLegacy(string controller, string file) => _legacy.TryGetValue(controller, out string? mount) && File.Exists($"{mount}/{file}");

    /// <summary>What <see cref="Detect"/> finds, looked up once in this process.</summary>
    public static CgroupHierarchy OfThisMachine => s_ofThisMachine ??= Detect();

    /// <summary>Reads /proc/self/mountinfo, /proc/cgroups and the v2 tree's cgroup.controllers.</summary>
    public static CgroupHierarchy Detect()
    {
        // A machine with the v2 tree in its usual place has no other; its table of mounts may be long.
        if (Stat.FileSystemType(UsualMount) == Stat.CGROUP2_SUPER_MAGIC)
            return new CgroupHierarchy(new Dictionary<string, string>(), UsualMount, CgroupFile.ReadWords(UsualMount, "cgroup.controllers"));
        // /proc/cgroups is gone on kernels without v1 (CONFIG_PROC_CGROUPS...), which then have no v1 mounts either.
        string controllers = SmallFile.TryReadText("/proc/cgroups") ?? "";
        (Dictionary<string, string> legacy, string? unified) = ParseMounts(SmallFile.TryReadText("/proc/self/mountinfo") ?? "", controllers);
        if (legacy.Count == 0 && unified is null)
        {
            throw new TareException(ErrorKind.Unavailable,
                "no cgroup file system is mounted: mount one with \"mount -t cgroup2 cgroup2 /sys/fs/cgroup\"");
        }
        string[] available = unified is null ? [] : CgroupFile.ReadWords(unified, "cgroup.controllers");
        return new CgroupHierarchy(legacy, unified, available);
    }

    /// <summary>Finds v1 and v2 mounts in the text of mountinfo; of several mounts of one tree, the one that shows its root wins.</summary>
    internal static (Dictionary<string, string> Legacy, string? Unified) ParseMounts(string mountInfo, string procCgroups)
    {
        HashSet<string> known = [];
        foreach (string line in procCgroups.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
                _ = known.Add(line.Split('\t')[0]);
        }
        var legacy = new Dictionary<string, string>();
        HashSet<string> whole = [];
        string? unified = null;
        foreach (string line in mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int dash = line.IndexOf(" - ", StringComparison.Ordinal);
            if (dash < 0)
                continue;
            string[] left = line[..dash].Split(' ');
            string[] right = line[(dash + 3)..].Split(' ');
            (string root, string point) = (left[3], Unescape(left[4]));
            IEnumerable<string> names = right[0] switch
            {
                "cgroup2" => [""],
                "cgroup" => right[^1].Split(',').Where(name => known.Contains(name) || IsNamed(name)),
                _ => [],
            };
            foreach (string name in names)
            {
                bool seen = name.Length == 0 ? unified is not null : legacy.ContainsKey(name);
                if (seen && (root != "/" || whole.Contains(name)))
                    continue;
                if (root == "/")
                    _ = whole.Add(name);
                if (name.Length == 0)
                    unified = point;
                else
                    legacy[name] = point;
            }
        }
        return (legacy, unified);
    }

    /// <summary>Undoes mountinfo's octal escapes of blanks and backslashes.</summary>
    public static string Unescape(string path)
    {
        for (int at = path.IndexOf('\\'); at >= 0 && at + 3 < path.Length; at = path.IndexOf('\\', at + 1))
        {
            int code = 0;
            foreach (char digit in path.AsSpan(at + 1, 3))
                code = (code * 8) + int.Parse(digit.ToString(), CultureInfo.InvariantCulture);
            path = string.Concat(path.AsSpan(0, at), ((char)code).ToString(), path.AsSpan(at + 4));
        }
        return path;
    }
}
