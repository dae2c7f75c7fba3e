using System.Globalization;
using System.Text;
using System.Text.Json;
using Tare.Errors;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`ps`: the container's processes, as numbers or as the lines of the host's ps(1).</summary>
internal static class ProcessesCommand
{
    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, ["--format|-f"], [], positionalLimit: 1);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        List<int> pids = [.. container.Cgroup.ReadProcesses()];
        switch (arguments.Value("--format") ?? "table")
        {
            case "json":
                Report.Print(JsonSerializer.Serialize(pids, CompactJson.Default.ListInt32) + "\n");
                return 0;
            case "table":
                Report.Print(Table([.. arguments.Plain.Skip(1)], [.. pids]));
                return 0;
            default:
                throw TareException.Invalid("invalid format option");
        }
    }

    /// <summary>Lines of ps whose PID column names one of the container's processes; options are those of ps, -ef without.</summary>
    private static string Table(List<string> options, HashSet<int> pids)
    {
        string path = new[] { "/usr/bin/ps", "/bin/ps" }.FirstOrDefault(File.Exists)
            ?? throw new TareException(ErrorKind.Unavailable, "ps is not installed on this machine; use --format json");
        ChildResult result = ChildProcess.Run(new ChildOptions
        {
            Path = path,
            Arguments = ["ps", .. options.Count > 0 ? options : ["-ef"]],
            Environment = ["PATH=/usr/bin:/bin"],
            MostOutput = 256 * 1024 * 1024, // the whole machine's processes
        });
        if (result.Status.ShellCode != 0)
            throw TareException.Invalid($"ps {string.Join(' ', options)}: exit status {result.Status.ShellCode}: {result.Error.Trim()}");
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int column = Array.IndexOf(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), "PID");
        if (column < 0)
            throw TareException.Invalid("couldn't find PID field in ps output");
        StringBuilder kept = new(lines[0] + "\n");
        foreach (string line in lines.Skip(1))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(column) is { } text
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pids.Contains(pid))
                _ = kept.Append(line).Append('\n');
        return kept.ToString();
    }
}
