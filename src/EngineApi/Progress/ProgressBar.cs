using System.Globalization;

namespace Tare.EngineApi.Progress;

/// <summary>The bar with numbers that progress messages carry for clients that print it as it is. Pure.</summary>
public static class ProgressBar
{
    private const int Width = 50;
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>"[====>    ]  1.2MB/3.4MB", or the count alone when the total is not known.</summary>
    public static string Of(long current, long total)
    {
        if (total <= 0)
            return Size(current).PadLeft(8);
        int done = (int)(Math.Min(current, total) * 100.0 / total) / 2;
        return $"[{new string('=', done)}>{new string(' ', Width - done)}] {Size(current).PadLeft(8)}/{Size(total)}";
    }

    private static string Size(long bytes)
    {
        double size = bytes;
        int unit = 0;
        for (; size >= 1000 && unit < Units.Length - 1; unit++)
            size /= 1000;
        return size.ToString("G4", CultureInfo.InvariantCulture) + Units[unit];
    }
}
