namespace Tare.Cgroups.V2;

/// <summary>hugetlb of cgroup v2: huge pages by size.</summary>
internal sealed class HugetlbController : IController
{
    public string Name => "hugetlb";

    public bool IsNeeded(CgroupLimits limits) => limits.Hugepages.Count > 0;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        foreach (HugepageLimit page in limits.Hugepages)
        {
            CgroupFile.Write(directory, $"hugetlb.{page.PageSize}.max", CgroupFile.Text(page.Limit));
            _ = CgroupFile.TryWrite(directory, $"hugetlb.{page.PageSize}.rsvd.max", CgroupFile.Text(page.Limit));
        }
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
