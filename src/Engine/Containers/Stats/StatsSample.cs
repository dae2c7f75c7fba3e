using System.Globalization;
using Tare.Engine.Containers.State;
using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Cgroup = Tare.Cgroups;

namespace Tare.Engine.Containers.Stats;

/// <summary>Turns one reading of a container's counters into the API's form.</summary>
internal static class StatsSample
{
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <summary>A reading now; <paramref name="before"/> is the one it is compared with.</summary>
    internal static ContainerStats Read(ContainerContext context, Container container, ContainerStats? before)
    {
        ContainerRecord record = container.Record;
        var sample = new ContainerStats
        {
            Name = "/" + record.Name,
            Id = record.Id,
            PreCpu = before?.Cpu ?? new CpuStats(),
            PreRead = before?.Read ?? GoTime.Zero,
        };
        if (!record.State.HasProcess)
            return sample;
        Cgroup.CgroupStats stats = Cgroup.ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record)).ReadStats();
        sample.Read = GoTime.FormatNanoseconds(context.Now);
        sample.Pids = new PidsStats { Current = stats.Pids.Current, Limit = stats.Pids.Limit ?? 0 };
        sample.Cpu = Cpu(stats.Cpu);
        sample.Memory = Memory(stats.Memory);
        sample.Blkio = BlockIo(stats.BlockIo);
        sample.Networks = record.HostConfig.NetworkMode is "host" or "none" ? null : Networks(record.State.ProcessId);
        return sample;
    }

    private static CpuStats Cpu(Cgroup.CpuStats cpu) => new()
    {
        Usage = new CpuUsage { Total = cpu.TotalNanoseconds, User = cpu.UserNanoseconds, Kernel = cpu.SystemNanoseconds },
        SystemUsage = SystemCpu(),
        OnlineCpus = (uint)HostProcessors.Count,
        Throttling = new ThrottlingData { Periods = cpu.Periods, ThrottledPeriods = cpu.ThrottledPeriods, ThrottledTime = cpu.ThrottledNanoseconds },
    };

    private static MemoryStats Memory(Cgroup.MemoryStats memory) => new()
    {
        Usage = memory.Usage,
        MaxUsage = memory.MaxUsage,
        FailCount = memory.FailCount,
        Limit = Math.Min(memory.Limit ?? ulong.MaxValue, (ulong)HostMemory.Total),
        Stats = new(memory.Detail),
    };

    private static BlkioStats BlockIo(IReadOnlyList<Cgroup.BlockIoStat> entries) => new()
    {
        IoServiceBytesRecursive = [.. entries.Select(e => Entry(e, e.Bytes))],
        IoServicedRecursive = [.. entries.Select(e => Entry(e, e.Operations))],
        IoQueueRecursive = [],
        IoServiceTimeRecursive = [],
        IoWaitTimeRecursive = [],
        IoMergedRecursive = [],
        IoTimeRecursive = [],
        SectorsRecursive = [],
    };

    private static BlkioEntry Entry(Cgroup.BlockIoStat entry, ulong value) =>
        new() { Major = (ulong)entry.Major, Minor = (ulong)entry.Minor, Op = entry.Operation, Value = value };

    /// <summary>First line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user time already.</summary>
    private static ulong SystemCpu()
    {
        string line = File.ReadLines("/proc/stat").First();
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Aggregate(0ul, (sum, field) => sum + ulong.Parse(field, CultureInfo.InvariantCulture)) * NanosecondsPerTick;
    }

    /// <summary>Counters of the namespace that a process is in; null when it has ended.</summary>
    internal static Dictionary<string, NetworkStats>? Networks(int pid)
    {
        try
        {
            return ParseNetworks(File.ReadAllText($"/proc/{pid}/net/dev"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static Dictionary<string, NetworkStats> ParseNetworks(string text)
    {
        Dictionary<string, NetworkStats> networks = [];
        foreach (string line in text.Split('\n').Skip(2))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? "" : line[..colon].Trim();
            if (name is "" or "lo")
                continue;
            ulong[] n = [.. line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => ulong.Parse(f, CultureInfo.InvariantCulture))];
            networks[name] = new NetworkStats
            {
                RxBytes = n[0],
                RxPackets = n[1],
                RxErrors = n[2],
                RxDropped = n[3],
                TxBytes = n[8],
                TxPackets = n[9],
                TxErrors = n[10],
                TxDropped = n[11],
            };
        }
        return networks;
    }
}
