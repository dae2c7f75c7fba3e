namespace Tare.Cgroups;

/// <summary>How a machine mounts its control groups.</summary>
public enum CgroupShape
{
    /// <summary>One tree, cgroup v2, with all controllers.</summary>
    Unified,

    /// <summary>One tree per controller, cgroup v1, and no v2 tree.</summary>
    Legacy,

    /// <summary>v1 trees for some controllers beside a v2 tree, which still freezes, kills and filters devices.</summary>
    Hybrid,
}
