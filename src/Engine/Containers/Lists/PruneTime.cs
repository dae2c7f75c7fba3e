using System.Globalization;
using Tare.EngineApi;
using Tare.Errors;

namespace Tare.Engine.Containers.Lists;

/// <summary>Times of filters and queries: seconds since 1970 with a fraction, RFC 3339, or a span back from now such as "24h" or "1h30m".</summary>
public static class PruneTime
{
    /// <summary>Nanoseconds since 1970.</summary>
    public static long Parse(string text, long nowNanoseconds)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds) && seconds < long.MaxValue / 1_000_000_000)
            return (long)(seconds * 1_000_000_000);
        if (TrySpan(text, out long span))
            return nowNanoseconds - span;
        foreach (string candidate in new[] { text, text + "Z" })
        {
            if (GoTime.TryParse(candidate, out DateTimeOffset time))
                return (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
        }
        throw TareException.Invalid($"failed to parse value as time or duration: \"{text}\"");
    }

    private static bool TrySpan(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        int at = 0;
        while (at < text.Length)
        {
            int digits = at;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
                digits++;
            int unit = digits;
            while (unit < text.Length && char.IsAsciiLetter(text[unit]))
                unit++;
            long scale = text[digits..unit] switch { "h" => 3_600_000_000_000, "m" => 60_000_000_000, "s" => 1_000_000_000, "ms" => 1_000_000, "us" => 1_000, "ns" => 1, _ => 0 };
            if (scale == 0 || !decimal.TryParse(text[at..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) || number > 1_000_000)
                return false;
            nanoseconds += (long)(number * scale);
            at = unit;
        }
        return at > 0;
    }
}
