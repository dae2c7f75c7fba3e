namespace Tare.Cgroups;

/// <summary>rdma: handles and objects of each device. The file is the same in v1 and v2.</summary>
internal sealed class RdmaController : IController
{
    public string Name => "rdma";

    public bool IsNeeded(CgroupLimits limits) => limits.Rdma.Count > 0;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        foreach ((string device, (uint? handles, uint? objects)) in limits.Rdma)
            CgroupFile.Write(directory, "rdma.max", $"{device} hca_handle={Text(handles)} hca_object={Text(objects)}");
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;

    private static string Text(uint? value) => value is { } number ? CgroupFile.Text(number) : "max";
}
