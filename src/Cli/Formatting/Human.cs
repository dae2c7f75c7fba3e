using System.Globalization;

namespace Tare.Cli.Formatting;

/// <summary>Sizes, times and ids as tables show them.</summary>
internal static class Human
{
    private const int ShortIdLength = 12;
    private static readonly string[] Decimal = ["B", "kB", "MB", "GB", "TB", "PB"];
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>1.23MB in powers of 1000.</summary>
    public static string Size(double bytes, int digits = 3) => Scale(bytes, 1000, Decimal, digits);

    /// <summary>1.2MiB in powers of 1024.</summary>
    public static string BinarySize(double bytes) => Scale(bytes, 1024, Binary, 4);

    /// <summary>Twelve digits, without "sha256:".</summary>
    public static string ShortId(string id)
    {
        string digits = id.StartsWith("sha256:", StringComparison.Ordinal) ? id[7..] : id;
        return digits.Length > ShortIdLength ? digits[..ShortIdLength] : digits;
    }

    /// <summary>"5 minutes ago".</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now) => Duration(now - time) + " ago";

    /// <summary>"About an hour", "3 days".</summary>
    public static string Duration(TimeSpan span)
    {
        double seconds = Math.Floor(span.TotalSeconds);
        int hours = (int)Math.Round(span.TotalHours);
        return seconds switch
        {
            < 1 => "Less than a second",
            1 => "1 second",
            < 60 => $"{seconds} seconds",
            < 120 => "About a minute",
            < 3600 => $"{(int)span.TotalMinutes} minutes",
            _ => hours switch
            {
                <= 1 => "About an hour",
                < 48 => $"{hours} hours",
                < 24 * 7 * 2 => $"{hours / 24} days",
                < 24 * 30 * 2 => $"{hours / 24 / 7} weeks",
                < 24 * 365 * 2 => $"{hours / 24 / 30} months",
                _ => $"{(int)(span.TotalDays / 365)} years",
            },
        };
    }

    /// <summary>At most so many characters, with an ellipsis.</summary>
    public static string Ellipsis(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");

    private static string Scale(double value, double step, string[] units, int digits)
    {
        int unit = 0;
        while (value >= step && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }
        return Significant(value, digits) + units[unit];
    }

    private static string Significant(double value, int digits)
    {
        int whole = value < 1 ? 1 : (int)Math.Floor(Math.Log10(value)) + 1;
        return Math.Round(value, Math.Clamp(digits - whole, 0, 10)).ToString("0.####", CultureInfo.InvariantCulture);
    }
}
