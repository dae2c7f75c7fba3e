using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups;

/// <content>Freezing, killing and deleting: what acts on all processes of the container at once.</content>
public sealed partial class ContainerCgroup
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Stops all processes where they are and waits until they have stopped.</summary>
    public void Freeze(TimeSpan timeout) => SetFrozen(true, timeout);

    /// <summary>Lets frozen processes go on.</summary>
    public void Thaw(TimeSpan timeout) => SetFrozen(false, timeout);

    /// <summary>True when every process is frozen.</summary>
    public bool IsFrozen => UnifiedDirectory is not null
        ? CgroupFile.ReadKeyed(UnifiedDirectory, "cgroup.events").GetValueOrDefault("frozen") == 1
        : FreezerDirectory is { } directory && CgroupFile.TryRead(directory, "freezer.state")?.Trim() == "FROZEN";

    /// <summary>Sends SIGKILL to every process, also frozen ones and ones that fork meanwhile. Returns before they have been reaped.</summary>
    public void KillAll(TimeSpan timeout)
    {
        // cgroup.kill (kernel 5.14) is atomic against forks.
        if (UnifiedDirectory is not null && CgroupFile.TryWrite(UnifiedDirectory, "cgroup.kill", "1") == Errno.None)
            return;
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        HashSet<int> killed = [];
        while (true)
        {
            int[] fresh = [.. ReadProcesses().Where(killed.Add)];
            foreach (int pid in fresh)
                _ = Process.TryKill(pid, Process.SIGKILL);
            // A frozen task takes the signal only when thawed.
            if (UnifiedDirectory is not null)
                _ = CgroupFile.TryWrite(UnifiedDirectory, "cgroup.freeze", "0");
            else if (FreezerDirectory is { } freezer)
                _ = CgroupFile.TryWrite(freezer, "freezer.state", "THAWED");
            if (fresh.Length == 0)
                return;
            if (Environment.TickCount64 > end)
                throw new TareException(ErrorKind.Unavailable, $"kill the processes of cgroup {Path}: new ones keep appearing");
            Thread.Sleep(Pause);
        }
    }

    /// <summary>Removes all groups, those that the container made below first; waits a little for dying processes, then reports what stays.</summary>
    public void Delete(TimeSpan timeout)
    {
        IReadOnlyList<string> left = TryDelete(timeout);
        if (left.Count > 0)
        {
            IReadOnlyList<int> pids = ReadProcesses();
            string reason = pids.Count > 0 ? $"process {pids[0]} is still in it: kill it and try again" : "try again later";
            throw TareException.Conflict($"remove cgroup {string.Join(", ", left)}: {reason}");
        }
    }

    /// <summary>As <see cref="Delete"/>; returns the directories that stay.</summary>
    public IReadOnlyList<string> TryDelete(TimeSpan timeout)
    {
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        // Of all trees, not only the joined ones: an update by another process may have joined more.
        string[] directories = [.. _all.Select(m => m.Directory).Append(UnifiedDirectory).OfType<string>().Distinct()];
        while (true)
        {
            directories = [.. directories.Where(directory => !RemoveTree(directory))];
            if (directories.Length == 0 || Environment.TickCount64 >= end)
                return directories;
            Thread.Sleep(Pause);
        }
    }

    /// <summary>
    /// Removes the group that containers' groups were below, from every tree where it is empty. For an engine that ends with no container left, or
    /// after the last delete.
    /// </summary>
    public static void RemoveEmptyParent(CgroupHierarchy hierarchy, string parent)
    {
        CheckPath(parent);
        foreach (string mount in hierarchy.LegacyMounts.Values.Append(hierarchy.UnifiedMount).OfType<string>().Distinct())
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, mount + parent, Unistd.AT_REMOVEDIR);
    }

    private string? FreezerDirectory => _joined.Find(m => m.Controller is V1.FreezerController)?.Directory;

    private void SetFrozen(bool frozen, TimeSpan timeout)
    {
        if (UnifiedDirectory is not null)
            CgroupFile.Write(UnifiedDirectory, "cgroup.freeze", frozen ? "1" : "0");
        else if (FreezerDirectory is null)
            throw new TareException(ErrorKind.NotSupported, "pause: this machine has neither cgroup v2 nor the freezer controller");
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (UnifiedDirectory is not null ? IsFrozen != frozen : !V1.FreezerController.Request(FreezerDirectory!, frozen))
        {
            if (Environment.TickCount64 > end)
            {
                if (frozen)
                    SetFrozen(false, timeout);
                throw new TareException(ErrorKind.Unavailable, $"{(frozen ? "freeze" : "thaw")} cgroup {Path}: its processes did not follow in time");
            }
            Thread.Sleep(Pause);
        }
    }

    private static string[] Children(string directory)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>rmdir from the leaves up; true when it is gone.</summary>
    private static bool RemoveTree(string directory)
    {
        // Most containers make no groups of their own: looking for some comes second.
        if (Unistd.TryUnlink(FileDescriptor.CurrentDirectory, directory, Unistd.AT_REMOVEDIR) is Errno.None or Errno.ENOENT)
            return true;
        foreach (string child in Children(directory))
            _ = RemoveTree(child);
        return Unistd.TryUnlink(FileDescriptor.CurrentDirectory, directory, Unistd.AT_REMOVEDIR) is Errno.None or Errno.ENOENT;
    }
}
