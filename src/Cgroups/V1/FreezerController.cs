namespace Tare.Cgroups.V1;

/// <summary>freezer of cgroup v1: only needed where no v2 tree can freeze.</summary>
internal sealed class FreezerController(bool isOnlyWay) : IController
{
    public string Name => "freezer";

    public bool IsNeeded(CgroupLimits limits) => isOnlyWay;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings) { }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;

    /// <summary>Asks for a state; freezing may need several requests while tasks fork. True when reached.</summary>
    internal static bool Request(string directory, bool frozen)
    {
        string wanted = frozen ? "FROZEN" : "THAWED";
        CgroupFile.Write(directory, "freezer.state", wanted);
        return CgroupFile.TryRead(directory, "freezer.state")?.Trim() == wanted;
    }
}
