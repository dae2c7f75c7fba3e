using System.Diagnostics;
using System.Globalization;
using Tare.Cgroups;
using Tare.Errors;
using Process = System.Diagnostics.Process;

namespace Tare.Tests.Kernel.Cgroups;

/// <summary>Groups in the machine's own trees, each test below a path of its own that is gone afterwards.</summary>
public sealed class ContainerCgroupTests : IDisposable
{
    private static readonly CgroupHierarchy Hierarchy = CgroupHierarchy.Detect();
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private readonly string _parent = $"/tare-test-{Guid.NewGuid():N}";
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (string name in ContainerCgroup.List(Hierarchy, _parent))
        {
            ContainerCgroup left = ContainerCgroup.Open(Hierarchy, $"{_parent}/{name}");
            left.KillAll(Soon);
        }
        foreach (Process process in _processes)
        {
            Assert.True(process.WaitForExit(Soon));
            process.Dispose();
        }
        foreach (string name in ContainerCgroup.List(Hierarchy, _parent))
            ContainerCgroup.Open(Hierarchy, $"{_parent}/{name}").Delete(Soon);
        foreach (string mount in Hierarchy.LegacyMounts.Values.Append(Hierarchy.UnifiedMount).OfType<string>().Distinct())
        {
            if (Directory.Exists(mount + _parent))
                Directory.Delete(mount + _parent);
        }
    }

    [Fact]
    public void Limits_reach_the_kernel_and_deleting_leaves_nothing()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits
        {
            Memory = new() { Limit = 64 << 20, Swap = 64 << 20, Reservation = 32 << 20 },
            Cpu = new() { Quota = 50000, Period = 100000, Shares = 512, Cpus = "0" },
            Pids = 100,
            Devices = [new DeviceRule(false), new DeviceRule(true, 'c', 1, 3)],
        });
        CgroupStats stats = cgroup.ReadStats();

        Assert.Empty(cgroup.Warnings);
        Assert.Equal(64ul << 20, stats.Memory.Limit);
        Assert.Equal(100ul, stats.Pids.Limit);
        string[] directories = [.. cgroup.Directories];
        Assert.True(directories.Length >= 1);
        cgroup.Delete(Soon);
        Assert.DoesNotContain(directories, Directory.Exists);
        Assert.Empty(ContainerCgroup.List(Hierarchy, _parent));
    }

    [Fact]
    public void A_limit_the_kernel_refuses_names_file_and_value_and_leaves_no_group()
    {
        TareException error = Assert.Throws<TareException>(() => Create(new CgroupLimits { Cpu = new() { Cpus = "4096" } }));

        Assert.Contains("\"4096\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("cpuset.cpus", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Empty(ContainerCgroup.List(Hierarchy, _parent));
    }

    [Fact]
    public void A_process_over_its_memory_limit_is_killed_and_counted()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits { Memory = new() { Limit = 16 << 20, Swap = 16 << 20 } });
        Process process = Start(cgroup, "exec head -c 200m /dev/zero | tail -c 190m >/dev/null; sleep 0.1; true");

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.True(cgroup.ReadOomKills() >= 1);
        Assert.Equal(cgroup.ReadOomKills(), cgroup.ReadStats().Memory.OomKills);
    }

    [Fact]
    public void The_task_limit_stops_forks()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits { Pids = 3 });
        Process process = Start(cgroup, "for i in 1 2 3 4 5 6; do sleep 5 & done; wait");

        Assert.True(process.WaitForExit(Soon));
        Assert.NotEqual(0, process.ExitCode);
    }

    [Fact]
    public void Freezing_stops_the_clock_of_a_busy_process_and_killing_works_on_the_frozen()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits());
        Process process = Start(cgroup, "while :; do :; done");
        WaitUntil(() => cgroup.ReadStats().Cpu.TotalNanoseconds > 1_000_000);

        cgroup.Freeze(Soon);
        Assert.True(cgroup.IsFrozen);
        ulong before = cgroup.ReadStats().Cpu.TotalNanoseconds;
        Thread.Sleep(50);
        ulong after = cgroup.ReadStats().Cpu.TotalNanoseconds;
        Assert.InRange(after - before, 0ul, 5_000_000ul);

        cgroup.Thaw(Soon);
        Assert.False(cgroup.IsFrozen);
        WaitUntil(() => cgroup.ReadStats().Cpu.TotalNanoseconds > after + 1_000_000);
        cgroup.Freeze(Soon);
        cgroup.KillAll(Soon);
        Assert.True(process.WaitForExit(Soon));
        cgroup.Delete(Soon);
    }

    [Fact]
    public void A_processor_quota_throttles_and_can_be_changed_while_running()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits { Cpu = new() { Quota = 10000, Period = 100000 } });
        _ = Start(cgroup, "while :; do :; done");
        WaitUntil(() => cgroup.ReadStats().Cpu.ThrottledPeriods > 1);

        cgroup.Update(new CgroupLimits { Cpu = new() { Quota = -1, Cpus = "0" }, Memory = new() { Limit = 128 << 20, Swap = 256 << 20 } });
        ulong throttled = cgroup.ReadStats().Cpu.ThrottledPeriods;
        Thread.Sleep(150);

        Assert.InRange(cgroup.ReadStats().Cpu.ThrottledPeriods, throttled, throttled + 1);
        Assert.Equal(128ul << 20, cgroup.ReadStats().Memory.Limit);
        string allowed = File.ReadLines($"/proc/{cgroup.ReadProcesses()[0]}/status").Single(line => line.StartsWith("Cpus_allowed_list", StringComparison.Ordinal));
        Assert.EndsWith("\t0", allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_listed_devices_open()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits { Devices = [new DeviceRule(false), new DeviceRule(true, 'c', 1, 3), new DeviceRule(true, 'c', 1, 5, "r")] });
        Process process = Start(cgroup, "true >/dev/null && true </dev/zero && ! true 2>/dev/null </dev/full && ! true 2>/dev/null >/dev/zero && exit 42");

        Assert.True(process.WaitForExit(Soon));
        Assert.Equal(42, process.ExitCode);
    }

    [Fact]
    public void A_group_in_use_is_a_conflict_and_an_empty_one_is_replaced()
    {
        ContainerCgroup cgroup = Create(new CgroupLimits());
        _ = Create(new CgroupLimits());
        Process process = Start(cgroup, "exec sleep 100");
        WaitUntil(() => cgroup.ReadProcesses().Count > 0);

        TareException error = Assert.Throws<TareException>(() => Create(new CgroupLimits()));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Throws<TareException>(() => cgroup.Delete(TimeSpan.Zero));
        Assert.Equal([process.Id], cgroup.ReadProcesses());
    }

    /// <summary>The eBPF filter, on the v2 tree that also the hybrid shape has.</summary>
    [Fact]
    public void The_device_program_allows_what_the_list_allows()
    {
        Assert.NotNull(Hierarchy.UnifiedMount);
        var unifiedOnly = new CgroupHierarchy(new Dictionary<string, string>(), Hierarchy.UnifiedMount, []);
        ContainerCgroup cgroup = ContainerCgroup.Create(unifiedOnly, $"{_parent}/c", new CgroupLimits
        {
            Devices = [new DeviceRule(false), new DeviceRule(true, 'c', null, null, "m"), new DeviceRule(true, 'c', 1, 3), new DeviceRule(true, 'c', 1, 5, "r")],
        });
        Process process = Start(cgroup, "true >/dev/null && true </dev/zero && ! true 2>/dev/null </dev/full && ! true 2>/dev/null >/dev/zero && exit 42");

        Assert.True(process.WaitForExit(Soon));
        Assert.Equal(42, process.ExitCode);
    }

    private ContainerCgroup Create(CgroupLimits limits) => ContainerCgroup.Create(Hierarchy, $"{_parent}/c", limits);

    /// <summary>Runs a shell script that first joins the group as a container's first process does: through "tasks", and cgroup.procs for v2.</summary>
    private Process Start(ContainerCgroup cgroup, string script)
    {
        IEnumerable<string> files = cgroup.Directories.Select(directory => File.Exists($"{directory}/tasks") ? $"{directory}/tasks" : $"{directory}/cgroup.procs");
        string join = string.Concat(files.Select(file => string.Create(CultureInfo.InvariantCulture, $"echo 0 > {file} || exit 99; ")));
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", join + script]))!;
        _processes.Add(process);
        return process;
    }

    private static void WaitUntil(Func<bool> condition)
    {
        long end = Environment.TickCount64 + 5000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, "the condition did not come true in 5 s");
            Thread.Sleep(2);
        }
    }
}
