namespace Tare.Cgroups.V1;

/// <summary>net_cls of cgroup v1: a class that tc(8) tells packets by. cgroup v2 has nothing of the kind.</summary>
internal sealed class NetworkClassController : IController
{
    public string Name => "net_cls";

    public bool IsNeeded(CgroupLimits limits) => limits.NetworkClass is not null;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        if (limits.NetworkClass is { } number)
            CgroupFile.Write(directory, "net_cls.classid", CgroupFile.Text(number));
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
