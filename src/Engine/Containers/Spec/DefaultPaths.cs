namespace Tare.Engine.Containers.Spec;

/// <summary>Parts of /proc and /sys that containers without privileges do not see or cannot write, as Docker has them.</summary>
internal static class DefaultPaths
{
    private static readonly List<string> Fixed =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
        "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    private static readonly Lazy<List<string>> WithProcessors = new(() => [.. Fixed, .. ThermalThrottle()]);

    /// <summary>Hidden.</summary>
    internal static List<string> Masked => WithProcessors.Value;

    /// <summary>Read-only.</summary>
    internal static List<string> ReadOnly { get; } = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static IEnumerable<string> ThermalThrottle()
    {
        for (int cpu = 0; ; cpu++)
        {
            string directory = $"/sys/devices/system/cpu/cpu{cpu}";
            if (!Directory.Exists(directory))
                yield break;
            if (Directory.Exists($"{directory}/thermal_throttle"))
                yield return $"{directory}/thermal_throttle";
        }
    }
}
