namespace Tare.Cgroups;

/// <summary>pids: the number of tasks. The files are the same in v1 and v2.</summary>
internal sealed class PidsController : IController
{
    public string Name => "pids";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        // A group of no processes at all holds none: 0 means as few as there can be, as in runc.
        if (limits.Pids is { } pids)
            CgroupFile.Write(directory, "pids.max", CgroupFile.TextOrMax(pids == 0 ? 1 : pids));
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats with
    {
        Pids = new PidsStats
        {
            Current = CgroupFile.ReadNumber(directory, "pids.current") ?? 0,
            Limit = CgroupFile.ReadNumber(directory, "pids.max"),
        },
    };
}
