using System.Globalization;
using Tare.EngineApi;
using Tare.Errors;

namespace Tare.Engine.Filtering;

/// <summary>Reads the times that queries give: seconds since 1970, RFC 3339, or a Go duration before now. Pure but for the clock.</summary>
public static class QueryTime
{
    /// <summary>Nanoseconds since 1970; null for an absent or empty text.</summary>
    public static long? ParseNanoseconds(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (TryParseUnix(text, out long nanoseconds))
            return nanoseconds;
        if (GoTime.TryParse(text, out DateTimeOffset time)
            || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out time))
            return (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
        if (TryParseDuration(text, out TimeSpan before))
            return (DateTimeOffset.UtcNow.Ticks - before.Ticks - DateTimeOffset.UnixEpoch.Ticks) * 100;
        throw TareException.Invalid($"failed to parse value as time or duration: \"{text}\"");
    }

    /// <summary>"1h30m", "90s", "250ms".</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        double seconds = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
                digits++;
            int unit = digits;
            while (unit < rest.Length && !char.IsAsciiDigit(rest[unit]) && rest[unit] != '.')
                unit++;
            if (!double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
                || SecondsOf(rest[digits..unit]) is not { } factor)
                return false;
            seconds += number * factor;
            rest = rest[unit..];
        }
        if (text.Length == 0 || seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    private static double? SecondsOf(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "us" or "µs" => 1e-6,
        "ns" => 1e-9,
        _ => null,
    };

    private static bool TryParseUnix(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        ReadOnlySpan<char> whole = dot < 0 ? text : text.AsSpan(0, dot);
        ReadOnlySpan<char> fraction = dot < 0 ? "" : text.AsSpan(dot + 1);
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) || fraction.Length > 9 || seconds > 9_000_000_000)
            return false;
        long part = 0;
        if (fraction.Length > 0 && !long.TryParse(fraction.ToString().PadRight(9, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out part))
            return false;
        nanoseconds = (seconds * 1_000_000_000) + part;
        return true;
    }
}
