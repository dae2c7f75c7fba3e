using System.Globalization;
using System.Text.Json;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`events`: the container's counters, once or every few seconds, and when the kernel kills something in it for want of memory.</summary>
internal static class EventsCommand
{
    private static readonly TimeSpan OomInterval = TimeSpan.FromMilliseconds(500);

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, ["--interval"], ["--stats"]);
        TimeSpan interval = Duration(arguments.Value("--interval") ?? "5s");
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        FileDescriptor process = container.Running();
        if (arguments.Has("--stats"))
        {
            Report.Print(Stats(container));
            return 0;
        }
        ulong kills = container.Cgroup.ReadOomKills();
        for (TimeSpan waited = interval; ; waited += OomInterval)
        {
            if (waited >= interval)
            {
                Report.Print(Stats(container));
                waited = TimeSpan.Zero;
            }
            bool ended = Poll.WaitReadable(process, OomInterval);
            if (container.Cgroup.ReadOomKills() is var now && now > kills)
            {
                kills = now;
                Report.Print(Line(json =>
                {
                    json.WriteString("type", "oom");
                    json.WriteString("id", container.State.Id);
                }));
            }
            if (ended)
                return 0;
        }
    }

    /// <summary>"5s", "100ms", "1m30s" and the like.</summary>
    internal static TimeSpan Duration(string text)
    {
        double seconds = 0;
        int at = 0;
        while (at < text.Length)
        {
            int number = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
                at++;
            int unit = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
                at++;
            double factor = text[unit..at] switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, _ => 0 };
            if (factor == 0 || !double.TryParse(text.AsSpan(number, unit - number), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
                throw TareException.Invalid($"--interval: \"{text}\" is not a duration such as 5s");
            seconds += value * factor;
        }
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : throw TareException.Invalid("duration interval must be greater than 0");
    }

    private static byte[] Stats(ContainerProcess container)
    {
        CgroupStats stats = container.Cgroup.ReadStats();
        return Line(json =>
        {
            json.WriteString("type", "stats");
            json.WriteString("id", container.State.Id);
            json.WriteStartObject("data");
            Cpu(json, stats.Cpu);
            Memory(json, stats.Memory);
            json.WriteStartObject("pids");
            json.WriteNumber("current", stats.Pids.Current);
            if (stats.Pids.Limit is { } limit)
                json.WriteNumber("limit", limit);
            json.WriteEndObject();
            BlockIo(json, stats.BlockIo);
            json.WriteStartObject("hugetlb");
            json.WriteEndObject();
            json.WriteStartObject("intel_rdt");
            json.WriteEndObject();
            json.WriteNull("network_interfaces");
            json.WriteEndObject();
        });
    }

    private static void Cpu(Utf8JsonWriter json, CpuStats cpu)
    {
        json.WriteStartObject("cpu");
        json.WriteStartObject("usage");
        json.WriteNumber("total", cpu.TotalNanoseconds);
        json.WriteNumber("kernel", cpu.SystemNanoseconds);
        json.WriteNumber("user", cpu.UserNanoseconds);
        json.WriteEndObject();
        json.WriteStartObject("throttling");
        json.WriteNumber("periods", cpu.Periods);
        json.WriteNumber("throttledPeriods", cpu.ThrottledPeriods);
        json.WriteNumber("throttledTime", cpu.ThrottledNanoseconds);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Memory(Utf8JsonWriter json, MemoryStats memory)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("cache", memory.Detail.GetValueOrDefault(memory.IsUnified ? "file" : "cache"));
        json.WriteStartObject("usage");
        json.WriteNumber("limit", memory.Limit ?? ulong.MaxValue);
        json.WriteNumber("usage", memory.Usage);
        json.WriteNumber("max", memory.MaxUsage);
        json.WriteNumber("failcnt", memory.FailCount);
        json.WriteEndObject();
        json.WriteStartObject("raw");
        foreach ((string key, ulong value) in memory.Detail)
            json.WriteNumber(key, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void BlockIo(Utf8JsonWriter json, IReadOnlyList<BlockIoStat> counters)
    {
        json.WriteStartObject("blkio");
        Write("ioServiceBytesRecursive", c => c.Bytes);
        Write("ioServicedRecursive", c => c.Operations);
        json.WriteEndObject();

        void Write(string name, Func<BlockIoStat, ulong> value)
        {
            json.WriteStartArray(name);
            foreach (BlockIoStat counter in counters)
            {
                json.WriteStartObject();
                json.WriteNumber("major", counter.Major);
                json.WriteNumber("minor", counter.Minor);
                json.WriteString("op", counter.Operation);
                json.WriteNumber("value", value(counter));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
    }

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
