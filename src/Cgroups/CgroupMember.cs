namespace Tare.Cgroups;

/// <summary>One controller's place for a container: the controller and the directory of its group, in a v1 tree or in the v2 tree.</summary>
internal sealed record CgroupMember(IController Controller, string Mount, string Directory, bool IsUnified)
{
    /// <summary>The group above, where v2 enables the controller.</summary>
    internal string Parent => Path.GetDirectoryName(Directory)!;

    /// <summary>
    /// All controllers of a machine with their directories for a path; v1 where that tree is mounted, else v2. What the v2 tree does as well without a
    /// controller (freezing, processor time, device programs) needs no v1 tree, so that joining stays short.
    /// </summary>
    internal static List<CgroupMember> For(CgroupHierarchy hierarchy, string path)
    {
        List<CgroupMember> members = [];
        string? unified = hierarchy.UnifiedMount;
        void Add(IController? legacy, IController? next, bool alwaysInUnified = false)
        {
            if (legacy is not null && hierarchy.LegacyMounts.TryGetValue(legacy.Name, out string? mount))
                members.Add(new CgroupMember(legacy, mount, mount + path, false));
            else if (next is not null && unified is not null && (alwaysInUnified || hierarchy.UnifiedControllers.Contains(next.Name)))
                members.Add(new CgroupMember(next, unified, unified + path, true));
        }
        Add(new V1.MemoryController(), new V2.MemoryController());
        Add(new V1.CpuacctController(isOnlyCount: unified is null), null);
        if (unified is not null && hierarchy.LegacyMounts.ContainsKey("cpu"))
            members.Add(new CgroupMember(new V2.CpuUsage(), unified, unified + path, true));
        Add(new V1.CpuController(), new V2.CpuController());
        Add(new PidsController(), new PidsController());
        Add(new V1.DevicesController(), new V2.DevicesController(), alwaysInUnified: true);
        Add(new V1.BlkioController(), new V2.IoController());
        Add(new V1.CpusetController(), new V2.CpusetController());
        Add(new V1.HugetlbController(), new V2.HugetlbController());
        Add(new RdmaController(), new RdmaController());
        Add(new V1.NetworkClassController(), null);
        Add(new V1.NetworkPriorityController(), null);
        Add(new V1.FreezerController(isOnlyWay: unified is null), null);
        Add(new V1.PerfEventController(), null);
        foreach (string name in hierarchy.Shape == CgroupShape.Unified ? [] : hierarchy.LegacyMounts.Keys.Where(CgroupHierarchy.IsNamed))
            Add(new V1.NamedTree(name, isOnlyWay: unified is null), null);
        return members;
    }

    /// <summary>Warnings for limits whose controller this machine does not have.</summary>
    internal static IEnumerable<string> Missing(IReadOnlyCollection<CgroupMember> members, CgroupLimits limits)
    {
        bool Has(string name) => members.Any(member => member.Controller.Name == name);
        static string Warning(string what, string controller) => $"no cgroup controller \"{controller}\" on this machine: {what} discarded";
        if (limits.Memory != new MemoryLimits() && !Has("memory"))
            yield return Warning("memory limit", "memory");
        if (limits.Pids is >= 0 && !Has("pids"))
            yield return Warning("pids limit", "pids");
        if ((limits.Cpu.Quota is > 0 || limits.Cpu.Shares is > 0) && !Has("cpu"))
            yield return Warning("CPU limit", "cpu");
        if (!string.IsNullOrEmpty(limits.Cpu.Cpus + limits.Cpu.Mems) && !Has("cpuset"))
            yield return Warning("cpuset", "cpuset");
        if (limits.Hugepages.Count > 0 && !Has("hugetlb"))
            yield return Warning("huge page limit", "hugetlb");
        if (limits.Rdma.Count > 0 && !Has("rdma"))
            yield return Warning("RDMA limit", "rdma");
        if (limits.NetworkClass is not null && !Has("net_cls"))
            yield return Warning("class of packets", "net_cls");
        if (limits.NetworkPriorities.Count > 0 && !Has("net_prio"))
            yield return Warning("priorities of packets", "net_prio");
    }
}
