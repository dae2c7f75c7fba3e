namespace Tare.Cgroups.V1;

/// <summary>devices of cgroup v1: an allow-list kept by the kernel. Joined unless everything is allowed.</summary>
internal sealed class DevicesController : IController
{
    public string Name => "devices";

    public bool IsNeeded(CgroupLimits limits) => limits.Devices is { } rules && !DeviceTable.From(rules).AllowsEverything;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        if (limits.Devices is null)
            return;
        DeviceTable table = DeviceTable.From(limits.Devices);
        CgroupFile.Write(directory, table.AllowByDefault ? "devices.allow" : "devices.deny", "a");
        string file = table.AllowByDefault ? "devices.deny" : "devices.allow";
        foreach (DeviceTable.Entry entry in table.Exceptions)
            CgroupFile.Write(directory, file, entry.ToString());
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
