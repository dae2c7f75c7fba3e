namespace Tare.Cgroups.V1;

/// <summary>perf_event of cgroup v1: lets perf(1) count for a group. Nothing of ours needs it; it is there for containers that manage groups.</summary>
internal sealed class PerfEventController : IController
{
    public string Name => "perf_event";

    public bool IsNeeded(CgroupLimits limits) => false;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings) { }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
