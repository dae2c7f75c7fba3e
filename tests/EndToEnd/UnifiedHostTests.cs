namespace Tare.Tests.EndToEnd;

/// <summary>A machine with an older kernel (6.1) and pure cgroup v2: the same binaries, the other cgroup code.</summary>
public sealed class UnifiedHostTests
{
    [Fact]
    public void Limits_devices_ports_and_freezing_work_on_a_host_with_cgroup_v2_only()
    {
        string output = Repository.Run(Path.Combine(Repository.Root, "tests/hosts/v2.sh"), [], seconds: 600).Ok();
        foreach (string line in new[]
        {
            "shape: 2",
            "limits: 67108864 50000 100000 50",
            "oom: 137 true",
            "devices: Operation not permitted 1",
            "port: served",
            "ipv6: served served",
            "frozen: paused frozen 1",
            "exec: 0::/",
            "stats: 1",
            "update: 134217728",
            "changed: A /w A /w/index.html",
            "survived: running served",
            "name: named",
            "seccomp: Seccomp: 2",
            "masked: 0 sh: can't create /proc/sys/kernel/domainname: Read-only file system",
            "left: 0 groups 0 containers",
        })
            Assert.Contains(line, output);
    }
}
