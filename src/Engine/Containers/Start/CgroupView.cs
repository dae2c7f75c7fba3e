using Tare.Cgroups;
using Tare.Runtime;

namespace Tare.Engine.Containers.Start;

/// <summary>Which cgroup file systems a container sees: those in which it has a group of its own.</summary>
internal static class CgroupView
{
    internal static List<CgroupMount> Choose(CgroupHierarchy hierarchy, ContainerCgroup cgroup)
    {
        if (hierarchy.Shape == CgroupShape.Unified)
            return [new CgroupMount("", "cgroup2", [])];
        List<CgroupMount> mounts = [];
        foreach (IGrouping<string, string> tree in hierarchy.LegacyMounts.GroupBy(m => m.Value, m => m.Key))
        {
            if (cgroup.Directories.Contains(tree.Key + cgroup.Path))
                mounts.Add(new CgroupMount(string.Join(',', tree), "cgroup", [.. tree]));
        }
        if (hierarchy.UnifiedMount is not null)
            mounts.Add(new CgroupMount("unified", "cgroup2", []));
        return mounts;
    }
}
