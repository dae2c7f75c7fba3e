namespace Tare.Cgroups.V1;

/// <summary>net_prio of cgroup v1: priorities of packets by the interface they leave through.</summary>
internal sealed class NetworkPriorityController : IController
{
    public string Name => "net_prio";

    public bool IsNeeded(CgroupLimits limits) => limits.NetworkPriorities.Count > 0;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        foreach ((string name, uint priority) in limits.NetworkPriorities)
            CgroupFile.Write(directory, "net_prio.ifpriomap", $"{name} {CgroupFile.Text(priority)}");
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
