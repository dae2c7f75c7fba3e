using Tare.Cgroups;
using Tare.Errors;

namespace Tare.Tests.Unit.Cgroups;

/// <summary>v2 controllers against a directory of plain files that stands for a group.</summary>
public sealed class UnifiedLimitsTests : IDisposable
{
    private readonly string _group = Directory.CreateTempSubdirectory("tare-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_group, recursive: true);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1024, 100)]
    [InlineData(262144, 10000)]
    [InlineData(512, 59)]
    public void Shares_become_a_weight(ulong shares, ulong weight) => Assert.Equal(weight, Tare.Cgroups.V2.CpuController.Weight(shares));

    [Fact]
    public void Swap_is_written_without_the_memory_part()
    {
        Files("memory.max", "memory.swap.max", "memory.low");
        Apply(new Tare.Cgroups.V2.MemoryController(), new CgroupLimits { Memory = new() { Limit = 64 << 20, Swap = 96 << 20, Reservation = 1 << 20 } });

        Assert.Equal("67108864", Content("memory.max"));
        Assert.Equal("33554432", Content("memory.swap.max"));
        Assert.Equal("1048576", Content("memory.low"));
    }

    [Fact]
    public void A_machine_that_does_not_count_swap_gives_a_warning_and_keeps_the_memory_limit()
    {
        Files("memory.max");
        List<string> warnings = Apply(new Tare.Cgroups.V2.MemoryController(), new CgroupLimits { Memory = new() { Limit = 64 << 20, Swap = 64 << 20 } });

        Assert.Equal("67108864", Content("memory.max"));
        Assert.Contains("swap", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Swap_below_memory_is_refused()
    {
        Files("memory.max", "memory.swap.max");
        TareException error = Assert.Throws<TareException>(() =>
            Apply(new Tare.Cgroups.V2.MemoryController(), new CgroupLimits { Memory = new() { Limit = 64 << 20, Swap = 32 << 20 } }));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
    }

    [Fact]
    public void A_period_alone_keeps_the_quota()
    {
        Files("cpu.max");
        File.WriteAllText($"{_group}/cpu.max", "50000 100000\n");
        Apply(new Tare.Cgroups.V2.CpuController(), new CgroupLimits { Cpu = new() { Period = 20000 } });
        Assert.Equal("50000 20000", Content("cpu.max"));
    }

    [Fact]
    public void Throttles_and_weights_use_the_keys_of_io()
    {
        Files("io.max", "io.weight");
        Apply(new Tare.Cgroups.V2.IoController(), new CgroupLimits { BlockIo = new() { Weight = 1000, WriteBytesPerSecond = [new(254, 0, 1048576)] } });
        Assert.Equal("10000", Content("io.weight"));
        Assert.Equal("254:0 wbps=1048576", Content("io.max"));
    }

    [Fact]
    public void Counters_are_read_in_neutral_units()
    {
        File.WriteAllText($"{_group}/cpu.stat", "usage_usec 7\nuser_usec 4\nsystem_usec 3\nnr_periods 2\nnr_throttled 1\nthrottled_usec 5\n");
        File.WriteAllText($"{_group}/io.stat", "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n");
        File.WriteAllText($"{_group}/memory.current", "100\n");
        File.WriteAllText($"{_group}/memory.max", "max\n");
        File.WriteAllText($"{_group}/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n");

        CgroupStats stats = new Tare.Cgroups.V2.CpuController().Read(_group, new CgroupStats());
        stats = new Tare.Cgroups.V2.MemoryController().Read(_group, stats);
        stats = new Tare.Cgroups.V2.IoController().Read(_group, stats);

        Assert.Equal((7000ul, 4000ul, 3000ul, 5000ul),
            (stats.Cpu.TotalNanoseconds, stats.Cpu.UserNanoseconds, stats.Cpu.SystemNanoseconds, stats.Cpu.ThrottledNanoseconds));
        Assert.Equal((100ul, null, 2ul), (stats.Memory.Usage, stats.Memory.Limit, stats.Memory.OomKills));
        Assert.Contains(new BlockIoStat(254, 0, "write", 8192, 2), stats.BlockIo);
    }

    private void Files(params string[] names)
    {
        foreach (string name in names)
            File.WriteAllText($"{_group}/{name}", "");
    }

    private string Content(string file) => File.ReadAllText($"{_group}/{file}").Trim();

    private List<string> Apply(IController controller, CgroupLimits limits)
    {
        List<string> warnings = [];
        controller.Apply(_group, limits, warnings);
        return warnings;
    }
}
