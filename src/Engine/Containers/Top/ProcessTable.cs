using System.Globalization;
using Tare.Errors;

namespace Tare.Engine.Containers.Top;

/// <summary>Formats processes as ps(1) would with the options that docker top users give. Made for one answer.</summary>
internal sealed class ProcessTable
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["uid"] = "UID",
        ["user"] = "USER",
        ["euser"] = "EUSER",
        ["gid"] = "GID",
        ["group"] = "GROUP",
        ["pid"] = "PID",
        ["ppid"] = "PPID",
        ["c"] = "C",
        ["stime"] = "STIME",
        ["start"] = "START",
        ["tty"] = "TTY",
        ["tt"] = "TT",
        ["time"] = "TIME",
        ["etime"] = "ELAPSED",
        ["cmd"] = "CMD",
        ["args"] = "COMMAND",
        ["command"] = "COMMAND",
        ["comm"] = "COMMAND",
        ["%cpu"] = "%CPU",
        ["pcpu"] = "%CPU",
        ["%mem"] = "%MEM",
        ["pmem"] = "%MEM",
        ["vsz"] = "VSZ",
        ["rss"] = "RSS",
        ["stat"] = "STAT",
        ["s"] = "S",
        ["state"] = "S",
        ["nice"] = "NI",
        ["ni"] = "NI",
        ["nlwp"] = "NLWP",
        ["uname"] = "UID",
    };

    private static readonly string[] Full = ["uname", "pid", "ppid", "c", "stime", "tty", "time", "cmd"];
    private static readonly string[] Bsd = ["user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "start", "time", "command"];
    private readonly Dictionary<uint, string> _users = [];
    private readonly Dictionary<uint, string> _groups = [];
    private readonly DateTimeOffset _boot;
    private readonly DateTimeOffset _now;
    private readonly long _memoryKib;

    internal ProcessTable(DateTimeOffset now)
    {
        // Names of the host: ids of the container's processes as they are seen there, as Docker shows them.
        Users.UserDatabase host = Users.UserDatabase.Parse(ReadOrEmpty("/etc/passwd"), ReadOrEmpty("/etc/group"));
        foreach (Users.PasswdEntry user in host.Users)
            _ = _users.TryAdd(user.Uid, user.Name);
        foreach (Users.GroupEntry group in host.Groups)
            _ = _groups.TryAdd(group.Gid, group.Name);
        _now = now;
        double uptime = double.Parse(ReadOrEmpty("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        _boot = now - TimeSpan.FromSeconds(uptime);
        _memoryKib = HostMemory.Total / 1024;
    }

    /// <summary>The columns for ps options: none, "-ef", "aux" or "-o pid,comm".</summary>
    internal static IReadOnlyList<string> Columns(string options)
    {
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        List<string> chosen = [];
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            string? list = word is "-o" or "o" or "-eo" or "-ao" or "--format" ? i + 1 < words.Length ? words[++i] : throw Unknown(options)
                : word.StartsWith("-o", StringComparison.Ordinal) ? word[2..] : null;
            chosen.AddRange(list?.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(c => c.Split('=')[0].ToLowerInvariant()) ?? []);
        }
        if (chosen.Find(column => !Titles.ContainsKey(column)) is { } unknown)
            throw TareException.Invalid($"error: unknown user-defined format specifier \"{unknown}\"");
        if (chosen.Count > 0)
            return chosen;
        return words is [] or ["-ef"] or ["-e", "-f"] or ["-f"] or ["-e"] ? Full
            : words is ["aux"] or ["-aux"] or ["axu"] or ["au"] or ["u"] ? Bsd
            : throw Unknown(options);
    }

    internal static string Title(string column) => Titles[column];

    internal List<string> Format(ProcessRow row, IReadOnlyList<string> columns) => [.. columns.Select(column => Cell(row, column))];

    private string Cell(ProcessRow row, string column) => column switch
    {
        "uid" => Text(row.Uid),
        "uname" or "user" or "euser" => _users.TryGetValue(row.Uid, out string? user) ? user : Text(row.Uid),
        "gid" => Text(row.Gid),
        "group" => _groups.TryGetValue(row.Gid, out string? group) ? group : Text(row.Gid),
        "pid" => Text(row.Pid),
        "ppid" => Text(row.Parent),
        "c" => Text((long)CpuShare(row)),
        "%cpu" or "pcpu" => CpuShare(row).ToString("0.0", CultureInfo.InvariantCulture),
        "%mem" or "pmem" => (100.0 * row.ResidentKib / Math.Max(_memoryKib, 1)).ToString("0.0", CultureInfo.InvariantCulture),
        "vsz" => Text(row.VirtualKib),
        "rss" => Text(row.ResidentKib),
        "stime" or "start" => Began(row),
        "tty" or "tt" => Terminal(row.Terminal),
        "time" => Duration(row.CpuTicks / ProcessRow.TicksPerSecond, withHours: true),
        "etime" => Duration((long)(_now - Start(row)).TotalSeconds, withHours: false),
        "stat" => row.State + (row.Nice < 0 ? "<" : row.Nice > 0 ? "N" : "") + (row.Threads > 1 ? "l" : ""),
        "s" or "state" => row.State.ToString(),
        "nice" or "ni" => Text(row.Nice),
        "nlwp" => Text(row.Threads),
        "comm" => row.Name,
        _ => row.Command,
    };

    private DateTimeOffset Start(ProcessRow row) => _boot + TimeSpan.FromSeconds((double)row.StartTicks / ProcessRow.TicksPerSecond);

    private double CpuShare(ProcessRow row)
    {
        double lifetime = (_now - Start(row)).TotalSeconds;
        return lifetime <= 0 ? 0 : Math.Min(99.9 * HostProcessors.Count, 100.0 * row.CpuTicks / ProcessRow.TicksPerSecond / lifetime);
    }

    private string Began(ProcessRow row)
    {
        DateTimeOffset start = Start(row).ToLocalTime();
        return start.ToString(_now - start < TimeSpan.FromDays(1) ? "HH:mm" : "MMMdd", CultureInfo.InvariantCulture);
    }

    private static string Terminal(int number)
    {
        int major = (number >> 8) & 0xfff;
        int minor = (number & 0xff) | ((number >> 12) & 0xfff00);
        return number == 0 ? "?" : major is >= 136 and < 144 ? $"pts/{minor + ((major - 136) << 8)}" : $"{major}/{minor}";
    }

    private static string Duration(long seconds, bool withHours)
    {
        (long minutes, long rest) = Math.DivRem(Math.Max(seconds, 0), 60);
        (long hours, minutes) = Math.DivRem(minutes, 60);
        return hours > 0 || withHours ? $"{hours:00}:{minutes:00}:{rest:00}" : $"{minutes:00}:{rest:00}";
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string ReadOrEmpty(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static TareException Unknown(string options) =>
        TareException.Invalid($"ps options \"{options}\" are not supported: use -ef, aux or -o with a list of columns");
}
