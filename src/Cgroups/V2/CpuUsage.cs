namespace Tare.Cgroups.V2;

/// <summary>Processor time from the v2 tree of the hybrid shape, where cpu.stat counts without the controller; v1's cpuacct can be left alone.</summary>
internal sealed class CpuUsage : IController
{
    public string Name => "cpu usage";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings) { }

    public CgroupStats Read(string directory, CgroupStats stats)
    {
        Dictionary<string, ulong> values = CgroupFile.ReadKeyed(directory, "cpu.stat");
        return stats with
        {
            Cpu = stats.Cpu with
            {
                TotalNanoseconds = values.GetValueOrDefault("usage_usec") * 1000,
                UserNanoseconds = values.GetValueOrDefault("user_usec") * 1000,
                SystemNanoseconds = values.GetValueOrDefault("system_usec") * 1000,
            },
        };
    }
}
