using System.Globalization;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Durations as Go writes them: 1h30m, 500ms, 2.5s; in nanoseconds.</summary>
internal static class GoDuration
{
    public static long Parse(string text) => TryParse(text, out long nanoseconds) ? nanoseconds : throw TareException.Invalid($"time: invalid duration \"{text}\"");

    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart('-');
        int sign = rest.Length == text.Length ? 1 : -1;
        if (rest is "0")
            return true;
        if (rest.IsEmpty)
            return false;
        while (!rest.IsEmpty)
        {
            int digits = ByteSize.FirstOther(rest);
            if (digits < 1 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
                return false;
            rest = rest[digits..];
            int end = rest.IndexOfAnyInRange('.', '9');
            double unit = Unit(end < 0 ? rest : rest[..end]);
            if (unit == 0)
                return false;
            nanoseconds += (long)Math.Round(number * unit) * sign;
            rest = end < 0 ? "" : rest[end..];
        }
        return true;
    }

    private static double Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => 0,
    };
}
