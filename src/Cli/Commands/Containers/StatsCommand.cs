using System.Globalization;
using System.Text.Json;
using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare stats: what containers use, refreshed each second.</summary>
internal static class StatsCommand
{
    private const string Clear = "\x1b[H\x1b[2J";

    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] [CONTAINER...]", "Display a live stream of container(s) resource usage statistics");
        SwitchFlag all = command.Flags.Switch("all", "Show all containers (default shows just running)", 'a');
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag noStream = command.Flags.Switch("no-stream", "Disable streaming stats and only pull the first result");
        SwitchFlag noTrunc = command.Flags.Switch("no-trunc", "Do not truncate output");
        command.Run = (session, names) =>
        {
            while (true)
            {
                List<string> wanted = names.Count > 0 ? names : session.Client.Containers.List(all.Value, filters: new FilterSet()).ConvertAll(c => c.Id);
                Listing listing = Sample(session, wanted, !noTrunc.Value);
                if (!noStream.Value && string.IsNullOrEmpty(format.Value))
                    session.Out.Write(Clear);
                listing.Print(session.Out, format.Given);
                session.Out.Flush();
                if (noStream.Value)
                    return 0;
                // A sample takes about a second by itself; without containers nothing would slow the loop.
                if (wanted.Count == 0)
                    Thread.Sleep(1000);
            }
        };
        return command;
    }

    private static Listing Sample(Session session, List<string> names, bool truncate)
    {
        var listing = new Listing(
            ("ID", "CONTAINER ID"), ("Name", "NAME"), ("CPUPerc", "CPU %"), ("MemUsage", "MEM USAGE / LIMIT"), ("MemPerc", "MEM %"),
            ("NetIO", "NET I/O"), ("BlockIO", "BLOCK I/O"), ("PIDs", "PIDS"));
        var rows = new Dictionary<string, object?>[names.Count];
        var failures = new Exception?[names.Count];
        var threads = new Thread[names.Count];
        EngineClient client = session.Client;
        for (int i = 0; i < names.Count; i++)
        {
            int at = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    rows[at] = Row(Read(client, names[at]), names[at], truncate);
                }
                catch (Exception error)
                {
                    failures[at] = error;
                }
            });
            threads[i].Start();
        }
        for (int i = 0; i < names.Count; i++)
        {
            threads[i].Join();
            if (failures[i] is { } failure)
                throw failure;
            listing.Add(rows[i]);
        }
        return listing;
    }

    private static ContainerStats Read(EngineClient client, string name)
    {
        using EngineResponse response = client.Containers.Stats(name, stream: false);
        return JsonSerializer.Deserialize(response.ReadBytes().Span, EngineApiJson.Default.ContainerStats)!;
    }

    private static Dictionary<string, object?> Row(ContainerStats stats, string asked, bool truncate)
    {
        ulong cache = stats.Memory.Stats?.GetValueOrDefault("total_inactive_file") is > 0 and ulong v1 ? v1 : stats.Memory.Stats?.GetValueOrDefault("inactive_file") ?? 0;
        double used = stats.Memory.Usage > cache ? stats.Memory.Usage - cache : stats.Memory.Usage;
        double received = stats.Networks?.Values.Sum(n => (double)n.RxBytes) ?? 0;
        double sent = stats.Networks?.Values.Sum(n => (double)n.TxBytes) ?? 0;
        string id = truncate ? Human.ShortId(stats.Id) : stats.Id;
        return new Dictionary<string, object?>
        {
            ["Container"] = stats.Id.StartsWith(asked, StringComparison.Ordinal) ? id : asked,
            ["ID"] = id,
            ["Name"] = stats.Name.TrimStart('/'),
            ["CPUPerc"] = Percent(CpuShare(stats)),
            ["MemUsage"] = $"{Human.BinarySize(used)} / {Human.BinarySize(stats.Memory.Limit)}",
            ["MemPerc"] = Percent(stats.Memory.Limit > 0 ? used / stats.Memory.Limit : 0),
            ["NetIO"] = $"{Human.Size(received)} / {Human.Size(sent)}",
            ["BlockIO"] = $"{Human.Size(Blocks(stats, "read"))} / {Human.Size(Blocks(stats, "write"))}",
            ["PIDs"] = stats.Pids.Current.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>One busy processor is 1.</summary>
    private static double CpuShare(ContainerStats stats)
    {
        double used = (double)stats.Cpu.Usage.Total - stats.PreCpu.Usage.Total;
        double system = (double)stats.Cpu.SystemUsage - stats.PreCpu.SystemUsage;
        return used > 0 && system > 0 ? used / system * Math.Max(1, stats.Cpu.OnlineCpus) : 0;
    }

    private static double Blocks(ContainerStats stats, string operation) =>
        stats.Blkio.IoServiceBytesRecursive?.Where(e => e.Op.Equals(operation, StringComparison.OrdinalIgnoreCase)).Sum(e => (double)e.Value) ?? 0;

    private static string Percent(double share) => (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + "%";
}
