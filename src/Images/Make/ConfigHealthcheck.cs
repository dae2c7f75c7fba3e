using System.Globalization;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Images.Make;

/// <summary>HEALTHCHECK [--interval=30s …] CMD …, or NONE. Pure.</summary>
internal static class ConfigHealthcheck
{
    private static readonly System.Buffers.SearchValues<char> NumberParts = System.Buffers.SearchValues.Create("0123456789.");

    public static ImageHealthcheck Parse(string rest, Func<string, string[]> shell, Func<string, string[]?> jsonArray)
    {
        long interval = 0, timeout = 0, startPeriod = 0, startInterval = 0;
        int retries = 0;
        while (rest.StartsWith("--", StringComparison.Ordinal))
        {
            string[] halves = rest.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries);
            string[] option = halves[0].Split('=', 2);
            string value = option.Length == 2 ? option[1] : throw TareException.Invalid($"missing a value on flag: {halves[0]}");
            switch (option[0])
            {
                case "--interval": interval = Duration(value); break;
                case "--timeout": timeout = Duration(value); break;
                case "--start-period": startPeriod = Duration(value); break;
                case "--start-interval": startInterval = Duration(value); break;
                case "--retries":
                    retries = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : throw TareException.Invalid($"invalid --retries: {value}");
                    break;
                default: throw TareException.Invalid($"unknown flag: {option[0]}");
            }
            rest = halves.Length == 2 ? halves[1].TrimStart() : "";
        }
        return new ImageHealthcheck
        {
            Test = Test(rest, shell, jsonArray),
            Interval = interval,
            Timeout = timeout,
            StartPeriod = startPeriod,
            StartInterval = startInterval,
            Retries = retries,
        };
    }

    private static string[] Test(string rest, Func<string, string[]> shell, Func<string, string[]?> jsonArray)
    {
        string[] halves = rest.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries);
        string kind = halves.Length == 0 ? "" : halves[0].ToUpperInvariant();
        if (kind == "NONE" && halves.Length == 1)
            return ["NONE"];
        if (kind != "CMD" || halves.Length < 2)
            throw TareException.Invalid($"Unknown type \"{kind}\" in HEALTHCHECK (try CMD)");
        string command = halves[1].Trim();
        return jsonArray(command) is { } words ? ["CMD", .. words] : ["CMD-SHELL", shell(command)[^1]];
    }

    /// <summary>Go's duration text, "1m30s", in nanoseconds.</summary>
    private static long Duration(string text)
    {
        decimal total = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberParts);
            int unit = digits <= 0 ? -1 : rest[digits..].IndexOfAny(NumberParts);
            ReadOnlySpan<char> name = digits <= 0 ? "" : unit < 0 ? rest[digits..] : rest.Slice(digits, unit);
            decimal scale = name switch { "ns" => 1, "us" or "µs" => 1e3m, "ms" => 1e6m, "s" => 1e9m, "m" => 60e9m, "h" => 3600e9m, _ => 0 };
            if (scale == 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value))
                throw TareException.Invalid($"invalid duration \"{text}\"");
            total += value * scale;
            rest = unit < 0 ? [] : rest[(digits + unit)..];
        }
        return total is >= 0 and < long.MaxValue ? (long)total : throw TareException.Invalid($"invalid duration \"{text}\"");
    }
}
