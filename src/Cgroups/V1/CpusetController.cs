namespace Tare.Cgroups.V1;

/// <summary>cpuset of cgroup v1: processors and memory nodes. Joined only when one of them is limited.</summary>
internal sealed class CpusetController : IController
{
    public string Name => "cpuset";

    public bool IsNeeded(CgroupLimits limits) => !string.IsNullOrEmpty(limits.Cpu.Cpus) || !string.IsNullOrEmpty(limits.Cpu.Mems);

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        Inherit(directory);
        if (!string.IsNullOrEmpty(limits.Cpu.Cpus))
            CgroupFile.Write(directory, "cpuset.cpus", limits.Cpu.Cpus);
        if (!string.IsNullOrEmpty(limits.Cpu.Mems))
            CgroupFile.Write(directory, "cpuset.mems", limits.Cpu.Mems);
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;

    /// <summary>A new v1 cpuset is empty and takes no process; it gets its parent's sets, from the top down.</summary>
    private static void Inherit(string directory)
    {
        foreach (string file in (string[])["cpuset.cpus", "cpuset.mems"])
        {
            string? own = CgroupFile.TryRead(directory, file);
            if (own is null || own.Trim().Length > 0)
                continue;
            string parent = Path.GetDirectoryName(directory)!;
            if (CgroupFile.TryRead(parent, file)?.Trim().Length == 0)
                Inherit(parent);
            if (CgroupFile.TryRead(parent, file)?.Trim() is { Length: > 0 } inherited)
                CgroupFile.Write(directory, file, inherited);
        }
    }
}
