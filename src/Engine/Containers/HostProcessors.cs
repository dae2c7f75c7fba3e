namespace Tare.Engine.Containers;

/// <summary>The machine's processors that are switched on, whatever this process itself is bound to.</summary>
internal static class HostProcessors
{
    private const string Online = "/sys/devices/system/cpu/online";

    /// <summary>As the kernel lists them: "0-3".</summary>
    internal static string List { get; } = File.Exists(Online) ? File.ReadAllText(Online).Trim() : $"0-{Environment.ProcessorCount - 1}";

    /// <summary>How many.</summary>
    internal static int Count { get; } = List.Split(',').Select(part => part.Split('-')).Sum(ends => int.Parse(ends[^1]) - int.Parse(ends[0]) + 1);
}
