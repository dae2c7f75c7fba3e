using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups;

/// <summary>
/// One container's control groups, the same path in every tree it needs. Created before the container, deleted after it; every operation works on the
/// path alone, so that another process may <see cref="Open"/> it later. Not thread-safe: callers hold the container's lock.
/// </summary>
public sealed partial class ContainerCgroup
{
    private readonly CgroupHierarchy _hierarchy;
    private readonly List<CgroupMember> _all;
    private readonly List<CgroupMember> _joined;
    private Action? _filterLater;

    private ContainerCgroup(CgroupHierarchy hierarchy, string path, List<CgroupMember> all, List<CgroupMember> joined)
    {
        (_hierarchy, Path, _all, _joined) = (hierarchy, path, all, joined);
        UnifiedDirectory = hierarchy.UnifiedMount is { } mount ? mount + path : null;
    }

    /// <summary>"/tare/&lt;id&gt;", the same below each mount point.</summary>
    public string Path { get; }

    /// <summary>The group's directory in the v2 tree, or null in the legacy shape.</summary>
    public string? UnifiedDirectory { get; }

    /// <summary>What was asked for and could not be had on this machine, as sentences for the user.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Every directory that belongs to the container, for lists and messages.</summary>
    public IReadOnlyList<string> Directories => [.. _joined.Select(m => m.Directory).Append(UnifiedDirectory).OfType<string>().Distinct()];

    /// <summary>
    /// Makes the groups and writes the limits. An empty group left over from before is replaced; one with processes is a conflict. On failure nothing
    /// stays behind. With <paramref name="filterLater"/>, a device filter of the v2 tree waits for <see cref="ApplyFilter"/>: the kernel checks and compiles it
    /// for about as long as a process needs to make its namespaces.
    /// </summary>
    public static ContainerCgroup Create(CgroupHierarchy hierarchy, string path, CgroupLimits limits, bool filterLater = false)
    {
        CheckPath(path);
        List<CgroupMember> all = CgroupMember.For(hierarchy, path);
        // A group of the same name may have been left in any tree, also in one that is not needed now.
        string? unified = hierarchy.UnifiedMount is { } mount ? mount + path : null;
        foreach (string directory in all.Select(member => member.Directory).Append(unified).OfType<string>().Distinct())
            ClearLeftover(directory);
        return Make(hierarchy, path, limits, all, filterLater);
    }

    /// <summary>
    /// As <see cref="Create"/> for groups that systemd is making around a process: waits until that is in, then adds the trees and limits that systemd
    /// knows nothing of.
    /// </summary>
    public static ContainerCgroup Adopt(CgroupHierarchy hierarchy, string path, CgroupLimits limits, int pid, TimeSpan timeout)
    {
        CheckPath(path);
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (!File.ReadAllText($"/proc/{pid}/cgroup").Split('\n').Any(line => line.EndsWith(":" + path, StringComparison.Ordinal)))
        {
            if (Environment.TickCount64 > end)
                throw new TareException(ErrorKind.Unavailable, $"systemd did not make cgroup {path} in time");
            Thread.Sleep(Pause);
        }
        return Make(hierarchy, path, limits, CgroupMember.For(hierarchy, path));
    }

    private static ContainerCgroup Make(CgroupHierarchy hierarchy, string path, CgroupLimits limits, List<CgroupMember> all, bool filterLater = false)
    {
        var cgroup = new ContainerCgroup(hierarchy, path, all, [.. all.Where(member => limits.EveryTree || member.Controller.IsNeeded(limits))]);
        try
        {
            List<string> warnings = [.. CgroupMember.Missing(all, limits)];
            foreach (string directory in cgroup.Directories)
                MakeDirectory(directory);
            foreach (CgroupMember member in cgroup._joined)
            {
                if (filterLater && member.Controller is V2.DevicesController)
                    cgroup._filterLater = () => cgroup.Apply(member, limits, []);
                else
                    cgroup.Apply(member, limits, warnings);
            }
            cgroup.ApplyUnified(limits);
            cgroup.Warnings = warnings;
            return cgroup;
        }
        catch
        {
            _ = cgroup.TryDelete(TimeSpan.Zero);
            throw;
        }
    }

    /// <summary>Applies the device filter that <see cref="Create"/> has left for later, if it has: before anything that is not ours runs in the group.</summary>
    public void ApplyFilter()
    {
        _filterLater?.Invoke();
        _filterLater = null;
    }

    /// <summary>The groups that exist of a container made earlier, maybe by another process.</summary>
    public static ContainerCgroup Open(CgroupHierarchy hierarchy, string path)
    {
        CheckPath(path);
        List<CgroupMember> all = CgroupMember.For(hierarchy, path);
        return new ContainerCgroup(hierarchy, path, all, [.. all.Where(member => Directory.Exists(member.Directory))]);
    }

    /// <summary>Names of the groups directly below a path in any tree, for comparison with the containers that are known.</summary>
    public static IReadOnlyCollection<string> List(CgroupHierarchy hierarchy, string parent)
    {
        CheckPath(parent);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string mount in hierarchy.LegacyMounts.Values.Append(hierarchy.UnifiedMount).OfType<string>().Distinct())
        {
            if (Directory.Exists(mount + parent))
                names.UnionWith(Directory.EnumerateDirectories(mount + parent).Select(directory => System.IO.Path.GetFileName(directory)));
        }
        return names;
    }

    /// <summary>True while any of the groups exists.</summary>
    public bool Exists => Directories.Any(Directory.Exists);

    /// <summary>
    /// Opens what a new process needs to be born in, or to move itself into, these groups or groups below them, which must exist. Without
    /// <paramref name="below"/>, a v2 group that takes no processes any more, because groups below it have controllers (cgroups(7), "no internal processes"),
    /// gives way to the one that <paramref name="first"/> is in, a process of the container's: so does a system with an init of its own arrange itself.
    /// </summary>
    public CgroupEntry OpenEntry(SubGroups? below = null, int? first = null)
    {
        if (below?.ByController.Keys.FirstOrDefault(name => !_hierarchy.LegacyMounts.ContainsKey(name)) is { } unknown)
            throw TareException.Invalid(_hierarchy.Shape == CgroupShape.Unified ? $"cgroup v2 has one tree: leave \"{unknown}:\" out" : $"unknown controller {unknown}");
        // Whoever names a group may name a wrong one; the container's own must be there.
        ErrorKind kind = below is null ? ErrorKind.Internal : ErrorKind.InvalidArgument;
        List<FileDescriptor> files = [];
        FileDescriptor? unified = null;
        try
        {
            // One write per tree: controllers may share a mount.
            foreach (IGrouping<string, CgroupMember> tree in _joined.Where(m => !m.IsUnified).GroupBy(m => m.Mount))
                files.Add(OpenGroup($"{tree.Key}{Path}{below?.Suffix(NamesIn(tree.Key))}/tasks", Fcntl.O_WRONLY, kind));
            if (UnifiedDirectory is not null)
                unified = OpenGroup(below is null ? UnifiedEntry(first) : UnifiedDirectory + below.Suffix([]), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, kind);
            return new CgroupEntry(unified, files);
        }
        catch
        {
            new CgroupEntry(unified, files).Dispose();
            throw;
        }
    }

    private IEnumerable<string> NamesIn(string mount) => _hierarchy.LegacyMounts.Where(m => m.Value == mount).Select(m => m.Key);

    /// <summary>The v2 group for a process that nobody has sent to a certain one.</summary>
    private string UnifiedEntry(int? first)
    {
        if (first is null || _hierarchy.Shape != CgroupShape.Unified || string.IsNullOrWhiteSpace(CgroupFile.TryRead(UnifiedDirectory!, "cgroup.subtree_control")))
            return UnifiedDirectory!;
        string? path = CgroupFile.TryRead($"/proc/{first}", "cgroup")?.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        return path?.StartsWith(Path + "/", StringComparison.Ordinal) == true ? _hierarchy.UnifiedMount + path : UnifiedDirectory!;
    }

    private static FileDescriptor OpenGroup(string path, int flags, ErrorKind kind)
    {
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, flags, 0, out FileDescriptor file);
        return errno == Errno.None ? file
            : throw new TareException(kind, "error adding pid of a new process to cgroups of the container", new SyscallException("open", errno, path));
    }

    /// <summary>
    /// Changes limits of running processes; null values stay as they are, device rules are not looked at. A controller that had nothing to do so far is
    /// joined by all processes.
    /// </summary>
    public void Update(CgroupLimits limits)
    {
        limits = limits with { Devices = null };
        List<string> warnings = [.. CgroupMember.Missing(_all, limits)];
        foreach (CgroupMember member in _all.Where(member => member.Controller.IsNeeded(limits)))
        {
            bool isNew = !_joined.Contains(member);
            if (isNew && !member.IsUnified)
                MakeDirectory(member.Directory);
            Apply(member, limits, warnings);
            if (!isNew)
                continue;
            _joined.Add(member);
            if (!member.IsUnified)
            {
                foreach (int pid in ReadProcesses())
                    _ = CgroupFile.TryWrite(member.Directory, "cgroup.procs", CgroupFile.Text(pid));
            }
        }
        ApplyUnified(limits);
        Warnings = warnings;
    }

    /// <summary>Reads all counters.</summary>
    public CgroupStats ReadStats()
    {
        var stats = new CgroupStats();
        foreach (CgroupMember member in _joined)
            stats = member.Controller.Read(member.Directory, stats);
        return stats;
    }

    /// <summary>How many processes the kernel killed here because the memory limit was reached.</summary>
    public ulong ReadOomKills() =>
        _joined.Find(m => m.Controller.Name == "memory") is { } member ? member.Controller.Read(member.Directory, new CgroupStats()).Memory.OomKills : 0;

    /// <summary>Numbers, in Tare's own pid namespace, of all processes in the container and in groups it made below.</summary>
    public IReadOnlyList<int> ReadProcesses()
    {
        var pids = new SortedSet<int>();
        string? directory = UnifiedDirectory is not null && Directory.Exists(UnifiedDirectory)
            ? UnifiedDirectory : _joined.Find(m => Directory.Exists(m.Directory))?.Directory;
        if (directory is not null)
            Collect(directory, pids);
        return [.. pids];
    }

    private static void Collect(string directory, SortedSet<int> pids)
    {
        foreach (string word in CgroupFile.ReadWords(directory, "cgroup.procs"))
        {
            if (int.TryParse(word, out int pid) && pid > 0)
                _ = pids.Add(pid);
        }
        foreach (string child in Children(directory))
            Collect(child, pids);
    }

    private void Apply(CgroupMember member, CgroupLimits limits, ICollection<string> warnings)
    {
        bool needsEnabling = member.IsUnified && _hierarchy.UnifiedControllers.Contains(member.Controller.Name);
        if (needsEnabling)
            _ = V2.SubtreeControl.Enable(member.Mount, member.Parent, member.Controller.Name);
        member.Controller.Apply(member.Directory, limits, warnings);
    }

    private void ApplyUnified(CgroupLimits limits)
    {
        foreach ((string file, string value) in limits.Unified)
        {
            if (UnifiedDirectory is null)
                throw TareException.Invalid($"invalid configuration: cgroup setting \"{file}\": this machine has no cgroup v2 tree");
            if (file.Contains('/', StringComparison.Ordinal) || file.StartsWith("cgroup.", StringComparison.Ordinal))
                throw TareException.Invalid($"cgroup setting \"{file}\": only the files of controllers can be set");
            string controller = file.Split('.')[0];
            if (_hierarchy.LegacyMounts.ContainsKey(controller))
                throw TareException.Invalid($"invalid configuration: cgroup setting \"{file}\" is of cgroup v2, and {controller} is in a v1 tree on this machine");
            if (_hierarchy.UnifiedControllers.Contains(controller))
                _ = V2.SubtreeControl.Enable(_hierarchy.UnifiedMount!, System.IO.Path.GetDirectoryName(UnifiedDirectory)!, controller);
            CgroupFile.Write(UnifiedDirectory, file, value);
        }
    }

    private static void CheckPath(string path)
    {
        if (!path.StartsWith('/') || path.Length < 2 || path.EndsWith('/') || path.Split('/').Skip(1).Any(part => part is "" or "." or ".."))
            throw TareException.Invalid($"cgroup path \"{path}\": give an absolute path without \".\" and \"..\"");
    }

    private static void MakeDirectory(string directory)
    {
        try
        {
            _ = Directory.CreateDirectory(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TareException(ErrorKind.Internal,
                $"make cgroup {directory} (needs root, a writable cgroup file system, and fewer groups than cgroup.max.descendants)", error);
        }
    }

    private static void ClearLeftover(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        var pids = new SortedSet<int>();
        Collect(directory, pids);
        if (pids.Count > 0)
            throw TareException.Conflict($"container's cgroup is not empty: process {pids.Min} is in {directory}: stop it or choose another cgroup path");
        // Somebody has frozen it for what is to come.
        if (CgroupFile.TryRead(directory, "cgroup.freeze")?.Trim() == "1" || CgroupFile.TryRead(directory, "freezer.state")?.Trim() == "FROZEN")
            throw TareException.Conflict($"container's cgroup unexpectedly frozen: thaw or remove {directory}, or choose another cgroup path");
        RemoveTree(directory);
    }
}
