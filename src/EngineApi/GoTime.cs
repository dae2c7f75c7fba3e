using System.Globalization;

namespace Tare.EngineApi;

/// <summary>Times as Go writes them: RFC 3339, UTC, a fraction without trailing zeros.</summary>
public static class GoTime
{
    /// <summary>Go's zero time, which clients read as "never".</summary>
    public const string Zero = "0001-01-01T00:00:00Z";

    /// <summary>2026-01-02T03:04:05.1234567Z.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString(time.UtcTicks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);

    /// <summary>From nanoseconds since 1970, all nine digits where needed.</summary>
    public static string FormatNanoseconds(long nanoseconds)
    {
        (long seconds, long fraction) = Math.DivRem(nanoseconds, 1_000_000_000);
        string whole = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return fraction == 0 ? whole + "Z" : $"{whole}.{fraction.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0')}Z";
    }

    /// <summary>Reads RFC 3339 with any number of fraction digits; false for Go's zero time and for anything else.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        return text is not null && text != Zero && DateTimeOffset.TryParse(Shorten(text), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    /// <summary>.NET reads seven digits of a fraction, Go writes nine.</summary>
    private static string Shorten(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return text;
        int end = dot + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        return end - dot - 1 <= 7 ? text : string.Concat(text.AsSpan(0, dot + 8), text.AsSpan(end));
    }
}
