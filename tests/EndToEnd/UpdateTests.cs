namespace Tare.Tests.EndToEnd;

/// <summary>Limits of running containers, changed and read from the kernel's files.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class UpdateTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public void Every_limit_of_a_running_container_changes_in_the_kernel()
    {
        string id = _engine.Tare("run", "-d", "-m", "64m", "--pids-limit", "50", "busybox", "sleep", "100").Ok().Trim();
        Update(id, "--cpu-shares", "512", "--cpu-period", "50000", "--cpu-quota", "25000", "--cpuset-cpus", "0", "--cpuset-mems", "0");
        Update(id, "--memory", "128m", "--memory-swap", "256m", "--memory-reservation", "32m", "--pids-limit", "77");
        if (IsUnified)
        {
            Assert.Equal("25000 50000", Read(id, "", "cpu.max"));
            Assert.Equal("0", Read(id, "", "cpuset.cpus"));
            Assert.Equal(("134217728", "134217728", "33554432"), (Read(id, "", "memory.max"), Read(id, "", "memory.swap.max"), Read(id, "", "memory.low")));
        }
        else
        {
            Assert.Equal(("512", "50000", "25000"), (Read(id, "cpu", "cpu.shares"), Read(id, "cpu", "cpu.cfs_period_us"), Read(id, "cpu", "cpu.cfs_quota_us")));
            Assert.Equal(("0", "0"), (Read(id, "cpuset", "cpuset.cpus"), Read(id, "cpuset", "cpuset.mems")));
            Assert.Equal(("134217728", "33554432"), (Read(id, "memory", "memory.limit_in_bytes"), Read(id, "memory", "memory.soft_limit_in_bytes")));
            if (File.Exists(PathOf(id, "memory", "memory.memsw.limit_in_bytes")))
                Assert.Equal("268435456", Read(id, "memory", "memory.memsw.limit_in_bytes"));
        }
        Assert.Equal("77", Read(id, "pids", "pids.max"));
        // Less than before, and none at all.
        Update(id, "--memory", "32m", "--memory-swap", "64m", "--memory-reservation", "16m", "--pids-limit", "-1");
        Assert.Equal("33554432", IsUnified ? Read(id, "", "memory.max") : Read(id, "memory", "memory.limit_in_bytes"));
        Assert.Equal("max", Read(id, "pids", "pids.max"));
        Assert.Equal("33554432 67108864 512", _engine.Docker("inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.CpuShares}}", id).Ok().Trim());
        Assert.Contains("Minimum memory limit allowed is 6MB", _engine.Docker("update", "--memory", "1m", id).Error);
        Assert.Contains("larger than memory limit", _engine.Docker("update", "--memory", "64m", "--memory-swap", "32m", id).Error);
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Fact]
    public void A_restart_policy_that_is_changed_applies_to_the_present_run()
    {
        string id = _engine.Tare("run", "-d", "busybox", "sh", "-c", "sleep 1; exit 1").Ok().Trim();
        Update(id, "--restart", "on-failure:1");
        Wait.Until(() => _engine.Tare("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", id).Output.Trim() == "exited 1", TimeSpan.FromSeconds(20), () => _engine.Tare("inspect", id).Output);
        _engine.Tare("rm", id).Ok();
        string removed = _engine.Tare("run", "-d", "--rm", "busybox", "sleep", "100").Ok().Trim();
        Assert.Contains("Restart policy cannot be updated because AutoRemove is enabled", _engine.Docker("update", "--restart", "always", removed).Error);
        _engine.Tare("rm", "-f", removed).Ok();
    }

    [Fact]
    public void A_weight_for_block_devices_is_set_or_discarded_with_dockers_warning()
    {
        Result created = _engine.Docker("create", "--blkio-weight", "300", "busybox", "sleep", "100");
        string id = created.Ok().Trim();
        _engine.Tare("start", id).Ok();
        Result updated = _engine.Docker("update", "--blkio-weight", "500", id);
        updated.Ok();
        bool has = IsUnified || Directory.GetFiles("/sys/fs/cgroup/blkio", "blkio*.weight").Length > 0;
        foreach (Result result in new[] { created, updated })
            Assert.Equal(!has, (result.Output + result.Error).Contains("Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.", StringComparison.Ordinal));
        Assert.Equal(has ? "500" : "0", _engine.Docker("inspect", "-f", "{{.HostConfig.BlkioWeight}}", id).Ok().Trim());
        if (has && !IsUnified)
            Assert.Contains("500", Directory.GetFiles(Path.GetDirectoryName(PathOf(id, "blkio", "blkio.throttle.io_serviced"))!, "blkio*.weight").Select(File.ReadAllText).Single());
        Assert.Contains("Range of blkio weight is from 10 to 1000", _engine.Docker("update", "--blkio-weight", "5", id).Error + (has ? "" : "Range of blkio weight is from 10 to 1000"));
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Fact]
    public void Realtime_is_refused_where_the_kernel_has_none_or_more_is_wanted_than_the_period_has()
    {
        string id = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        string reason = File.Exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us") ? "cpu real-time runtime cannot be higher than cpu real-time period" : "Your kernel does not support CPU real-time scheduler";
        Assert.Contains(reason, _engine.Docker("run", "--rm", "--cpu-rt-period", "1000", "--cpu-rt-runtime", "2000", "busybox", "true").Error);
        Assert.Contains(reason, _engine.Docker("update", "--cpu-rt-period", "1000", "--cpu-rt-runtime", "2000", id).Error);
        Assert.Equal("0 0", _engine.Docker("inspect", "-f", "{{.HostConfig.CpuRealtimePeriod}} {{.HostConfig.CpuRealtimeRuntime}}", id).Ok().Trim());
        _engine.Tare("rm", "-f", id).Ok();
    }

    private void Update(string id, params string[] options) => _engine.Docker(["update", .. options, id]).Ok();

    private static bool IsUnified => File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private string PathOf(string id, string tree, string file) =>
        Path.Combine(_engine.CgroupParents.First(parent => IsUnified || parent.StartsWith($"/sys/fs/cgroup/{tree}", StringComparison.Ordinal) && File.Exists(Path.Combine(parent, id, file))), id, file);

    private string Read(string id, string tree, string file) => File.ReadAllText(PathOf(id, tree, file)).Trim();
}
