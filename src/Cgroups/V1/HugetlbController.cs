namespace Tare.Cgroups.V1;

/// <summary>hugetlb of cgroup v1: huge pages by size. Joined only when limited.</summary>
internal sealed class HugetlbController : IController
{
    public string Name => "hugetlb";

    public bool IsNeeded(CgroupLimits limits) => limits.Hugepages.Count > 0;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        foreach (HugepageLimit page in limits.Hugepages)
        {
            CgroupFile.Write(directory, $"hugetlb.{page.PageSize}.limit_in_bytes", CgroupFile.Text(page.Limit));
            // Reservations would otherwise pass the limit and fail later with SIGBUS (kernel 5.7).
            _ = CgroupFile.TryWrite(directory, $"hugetlb.{page.PageSize}.rsvd.limit_in_bytes", CgroupFile.Text(page.Limit));
        }
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
