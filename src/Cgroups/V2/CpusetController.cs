namespace Tare.Cgroups.V2;

/// <summary>cpuset of cgroup v2: processors and memory nodes; an empty set inherits.</summary>
internal sealed class CpusetController : IController
{
    public string Name => "cpuset";

    public bool IsNeeded(CgroupLimits limits) => !string.IsNullOrEmpty(limits.Cpu.Cpus) || !string.IsNullOrEmpty(limits.Cpu.Mems);

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        if (!string.IsNullOrEmpty(limits.Cpu.Cpus))
            CgroupFile.Write(directory, "cpuset.cpus", limits.Cpu.Cpus);
        if (!string.IsNullOrEmpty(limits.Cpu.Mems))
            CgroupFile.Write(directory, "cpuset.mems", limits.Cpu.Mems);
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
