namespace Tare.Cgroups.V1;

/// <summary>cpuacct of cgroup v1: processor time used. Not needed beside a v2 tree, whose cpu.stat counts the same without a controller.</summary>
internal sealed class CpuacctController(bool isOnlyCount) : IController
{
    public string Name => "cpuacct";

    public bool IsNeeded(CgroupLimits limits) => isOnlyCount;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings) { }

    public CgroupStats Read(string directory, CgroupStats stats) => stats with
    {
        Cpu = stats.Cpu with
        {
            TotalNanoseconds = CgroupFile.ReadNumber(directory, "cpuacct.usage") ?? 0,
            UserNanoseconds = CgroupFile.ReadNumber(directory, "cpuacct.usage_user") ?? 0,
            SystemNanoseconds = CgroupFile.ReadNumber(directory, "cpuacct.usage_sys") ?? 0,
        },
    };
}
