namespace Tare.Engine.Containers;

/// <summary>The machine's memory.</summary>
internal static class HostMemory
{
    /// <summary>Bytes.</summary>
    internal static long Total { get; } = Read();

    private static long Read()
    {
        foreach (string line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
                return long.Parse(line[9..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
        }
        return 0;
    }
}
