namespace Tare.Tests.EndToEnd;

/// <content>Limits: config-linux.md#control-groups.</content>
internal static partial class RuntimeSpecCases
{
    private static RuntimeSpecCase[] Resources() =>
    [
        new("linux.cgroupsPath", "cat /proc/self/cgroup | grep pids",
            "pids:/tare-test/[a-z]+\\n$", Peers.None, s =>
        {
            s["linux"]!["cgroupsPath"] = "/tare-test/path";
            s["linux"]!["namespaces"] = Json("""[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}]""");
        }),
        new("linux.resources.devices deny", "head -c 1 /dev/disk 2>&1 >/dev/null",
            "Operation not permitted", Peers.Runc, s => s["linux"]!["devices"] = Json("""[{"type":"b","path":"/dev/disk","major":7,"minor":0,"fileMode":438}]""")),
        new("linux.resources.devices allow", "head -c 1 /dev/disk 2>&1 >/dev/null; echo end",
            "^end\\n$", Peers.Runc, s => Disk(s)),
        new("linux.resources.devices with another letter for access", "head -c 1 /dev/disk 2>&1 >/dev/null; echo end",
            "^end\\n$", Peers.Runc, s =>
        {
            Disk(s);
            s["linux"]!["resources"]!["devices"]![1]!["access"] = "ra";
        }),
        new("linux.resources.memory.limit", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes",
            "^67108864\\n$", Peers.Runc, s => Resources(s, """{"memory":{"limit":67108864}}""")),
        new("linux.resources.memory.reservation", "cat /sys/fs/cgroup/memory/memory.soft_limit_in_bytes",
            "^33554432\\n$", Peers.Runc, s => Resources(s, """{"memory":{"reservation":33554432}}""")),
        new("linux.resources.memory.swap below the limit", "true",
            "refused: memoryswap limit should be larger", Peers.None, s => Resources(s, """{"memory":{"limit":67108864,"swap":1048576}}""")),
        new("linux.resources.memory.swappiness", "cat /sys/fs/cgroup/memory/memory.swappiness",
            "^30\\n$", Peers.Runc, s => Resources(s, """{"memory":{"swappiness":30}}""")),
        new("linux.resources.memory.disableOOMKiller", "grep oom_kill_disable /sys/fs/cgroup/memory/memory.oom_control",
            "disable 1\\n$", Peers.Runc, s => Resources(s, """{"memory":{"limit":67108864,"disableOOMKiller":true}}""")),
        new("linux.resources.cpu.shares", "cat /sys/fs/cgroup/cpu/cpu.shares",
            "^512\\n$", Peers.Runc, s => Resources(s, """{"cpu":{"shares":512}}""")),
        new("linux.resources.cpu.quota and period", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us",
            "^20000\\n50000\\n$", Peers.Runc, s => Resources(s, """{"cpu":{"quota":20000,"period":50000}}""")),
        new("linux.resources.cpu.burst", "cat /sys/fs/cgroup/cpu/cpu.cfs_burst_us",
            "^5000\\n$", Peers.None, s => Resources(s, """{"cpu":{"quota":20000,"period":50000,"burst":5000}}""")),
        new("linux.resources.cpu.idle", "cat /sys/fs/cgroup/cpu/cpu.idle",
            "^1\\n$", Peers.None, s => Resources(s, """{"cpu":{"idle":1}}""")),
        new("linux.resources.cpu.cpus", "grep Cpus_allowed_list /proc/self/status",
            ":\\t1\\n$", Peers.Runc, s => Resources(s, """{"cpu":{"cpus":"1"}}""")),
        new("linux.resources.cpu.mems", "cat /sys/fs/cgroup/cpuset/cpuset.mems",
            "^0\\n$", Peers.Runc, s => Resources(s, """{"cpu":{"cpus":"0","mems":"0"}}""")),
        new("linux.resources.pids.limit", "cat /sys/fs/cgroup/pids/pids.max",
            "^23\\n$", Peers.Runc, s => Resources(s, """{"pids":{"limit":23}}""")),
        new("linux.resources.blockIO.throttleReadBpsDevice", "cat /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device",
            "^\\d+:\\d+ 1048576\\n$", Peers.Runc, s => Throttle(s, "throttleReadBpsDevice", 1048576)),
        new("linux.resources.blockIO.throttleWriteBpsDevice", "cat /sys/fs/cgroup/blkio/blkio.throttle.write_bps_device",
            "^\\d+:\\d+ 2097152\\n$", Peers.Runc, s => Throttle(s, "throttleWriteBpsDevice", 2097152)),
        new("linux.resources.blockIO.throttleReadIOPSDevice", "cat /sys/fs/cgroup/blkio/blkio.throttle.read_iops_device",
            "^\\d+:\\d+ 100\\n$", Peers.Runc, s => Throttle(s, "throttleReadIOPSDevice", 100)),
        new("linux.resources.blockIO.throttleWriteIOPSDevice", "cat /sys/fs/cgroup/blkio/blkio.throttle.write_iops_device",
            "^\\d+:\\d+ 200\\n$", Peers.Runc, s => Throttle(s, "throttleWriteIOPSDevice", 200)),
        new("linux.resources.hugepageLimits with reservations", "cd /sys/fs/cgroup/unified; cat hugetlb.2MB.max hugetlb.2MB.rsvd.max",
            "^4194304\n4194304\n$", Peers.None, s => Resources(s, """{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}""")),
        new("linux.resources.unified", "cat /sys/fs/cgroup/unified/hugetlb.2MB.max",
            "^6291456\n$", Peers.None, s => Resources(s, """{"unified":{"hugetlb.2MB.max":"6291456"}}""")),
        new("linux.resources.network.classID without the controller", "true",
            "warned: class of packets discarded", Peers.None, s => Resources(s, """{"network":{"classID":1048577}}""")),
        new("linux.resources.network.priorities without the controller", "true",
            "warned: priorities of packets discarded", Peers.None, s => Resources(s, """{"network":{"priorities":[{"name":"lo","priority":3}]}}""")),
        new("linux.resources.rdma without the controller", "true",
            "warned: RDMA limit discarded", Peers.None, s => Resources(s, """{"rdma":{"mlx5_0":{"hcaHandles":3}}}""")),
        new("linux.resources.unified that the kernel does not have", "true",
            "refused: (this kernel has no such control|is in a v1 tree on this machine)", Peers.None, s => Resources(s, """{"unified":{"memory.nosuch":"1"}}""")),
        new("linux.resources.unified outside the controllers", "true",
            "refused: only the files of controllers", Peers.None, s => Resources(s, """{"unified":{"cgroup.procs":"1"}}""")),
    ];
}
