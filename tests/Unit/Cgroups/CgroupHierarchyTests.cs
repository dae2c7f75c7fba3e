using Tare.Cgroups;

namespace Tare.Tests.Unit.Cgroups;

public class CgroupHierarchyTests
{
    private const string Known = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t1\t1\ncpuacct\t1\t1\t1\nmemory\t2\t1\t1\n";

    [Fact]
    public void Hybrid_mounts_are_found_with_shared_and_named_trees()
    {
        const string Mounts = """
            30 22 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw
            31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
            34 30 0:31 / /sys/fs/cgroup/my\040memory rw - cgroup cgroup rw,memory
            39 30 0:36 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
            40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
            """;

        (Dictionary<string, string> legacy, string? unified) = CgroupHierarchy.ParseMounts(Mounts, Known);

        Assert.Equal("/sys/fs/cgroup/unified", unified);
        Assert.Equal(4, legacy.Count);
        Assert.Equal("/sys/fs/cgroup/systemd", legacy["name=systemd"]);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", legacy["cpuacct"]);
        Assert.Equal("/sys/fs/cgroup/my memory", legacy["memory"]);
        Assert.Equal(CgroupShape.Hybrid, new CgroupHierarchy(legacy, unified, []).Shape);
        Assert.Equal(CgroupShape.Legacy, new CgroupHierarchy(legacy, null, []).Shape);
        Assert.Equal(CgroupShape.Unified, new CgroupHierarchy(new Dictionary<string, string> { ["name=elogind"] = "/sys/fs/cgroup/elogind" }, unified, []).Shape);
    }

    [Fact]
    public void Of_two_mounts_of_a_tree_the_one_that_shows_its_root_wins()
    {
        const string Mounts = """
            40 30 0:37 /tare/x /container/cgroup rw - cgroup2 cgroup2 rw
            41 30 0:37 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            42 30 0:37 /tare/y /other rw - cgroup2 cgroup2 rw
            """;

        (Dictionary<string, string> legacy, string? unified) = CgroupHierarchy.ParseMounts(Mounts, "");

        Assert.Equal("/sys/fs/cgroup", unified);
        Assert.Equal(CgroupShape.Unified, new CgroupHierarchy(legacy, unified, []).Shape);
    }
}
