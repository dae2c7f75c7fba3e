using System.Globalization;
using System.Text;

namespace Tare.Engine.Containers.Top;

/// <summary>What /proc says of one process; null when it has ended meanwhile.</summary>
internal sealed record ProcessRow
{
    /// <summary>Clock ticks per second in /proc, fixed for user space.</summary>
    internal const long TicksPerSecond = 100;

    internal required int Pid { get; init; }
    internal required int Parent { get; init; }
    internal required uint Uid { get; init; }
    internal required uint Gid { get; init; }
    internal required char State { get; init; }
    internal required int Terminal { get; init; }
    internal required long CpuTicks { get; init; }
    internal required long StartTicks { get; init; }
    internal required int Nice { get; init; }
    internal required int Threads { get; init; }
    internal required long VirtualKib { get; init; }
    internal required long ResidentKib { get; init; }
    internal required string Name { get; init; }
    internal required string Command { get; init; }

    internal static ProcessRow? Read(int pid)
    {
        try
        {
            return Parse(pid, File.ReadAllText($"/proc/{pid}/stat"), File.ReadAllText($"/proc/{pid}/status"), File.ReadAllBytes($"/proc/{pid}/cmdline"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static ProcessRow? Parse(int pid, string stat, string status, byte[] commandLine)
    {
        // The name in parentheses may hold anything, parentheses and blanks included.
        int open = stat.IndexOf('(', StringComparison.Ordinal);
        int close = stat.LastIndexOf(')');
        if (open < 0 || close < open)
            return null;
        string name = Printable(stat[(open + 1)..close]);
        string[] fields = stat[(close + 2)..].Split(' ');
        string command = Printable(Encoding.UTF8.GetString(commandLine).TrimEnd('\0').Replace('\0', ' '));
        return new ProcessRow
        {
            Pid = pid,
            State = fields[0][0],
            Parent = (int)Number(fields[1]),
            Terminal = (int)Number(fields[4]),
            CpuTicks = Number(fields[11]) + Number(fields[12]),
            Nice = (int)Number(fields[16]),
            Threads = (int)Number(fields[17]),
            StartTicks = Number(fields[19]),
            VirtualKib = Number(fields[20]) / 1024,
            ResidentKib = Number(fields[21]) * (Environment.SystemPageSize / 1024),
            Uid = Id(status, "Uid:"),
            Gid = Id(status, "Gid:"),
            Name = name,
            Command = command.Length > 0 ? command : $"[{name}]",
        };
    }

    private static uint Id(string status, string label)
    {
        int at = status.IndexOf(label, StringComparison.Ordinal);
        string[] words = at < 0 ? [] : status[(at + label.Length)..].Split('\n')[0].Split('\t', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && uint.TryParse(words[1], out uint id) ? id : 0;
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;

    /// <summary>A process chooses its own name: no control characters reach a terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
