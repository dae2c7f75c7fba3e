namespace Tare.Cgroups.V1;

/// <summary>A v1 tree without a controller (name=systemd): it only tells whose processes are whose, to an init in a container or, without a v2 tree, to the host's.</summary>
internal sealed class NamedTree(string name, bool isOnlyWay) : IController
{
    /// <summary>"name=…", as it is mounted.</summary>
    public string Name => name;

    public bool IsNeeded(CgroupLimits limits) => isOnlyWay;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings) { }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
