using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>Where the host has the kernel's own file systems mounted.</summary>
internal static class KernelMounts
{
    /// <summary>Mount points of every proc and sysfs (proc_pid_mountinfo(5)), the innermost first.</summary>
    public static IReadOnlyList<string> OfHost() => Parse(SmallFile.TryReadText("/proc/self/mountinfo") ?? "");

    internal static IReadOnlyList<string> Parse(string mountInfo)
    {
        List<string> points = [];
        foreach (string line in mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int dash = line.IndexOf(" - ", StringComparison.Ordinal);
            if (dash > 0 && line[(dash + 3)..].Split(' ')[0] is "proc" or "sysfs" && line.Split(' ') is { Length: > 4 } fields)
                points.Insert(0, Cgroups.CgroupHierarchy.Unescape(fields[4]));
        }
        return points;
    }
}
