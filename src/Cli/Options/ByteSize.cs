using System.Globalization;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Sizes as people write them: 64m, 1.5g, 512 (bytes), 100kb; units are powers of 1024.</summary>
internal static class ByteSize
{
    private const string Units = "kmgtp";

    public static long Parse(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        int digits = FirstOther(rest);
        ReadOnlySpan<char> unit = digits < 0 ? "" : rest[digits..].Trim();
        if (!double.TryParse(digits < 0 ? rest : rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            throw TareException.Invalid($"invalid size: '{text}'");
        return (long)(number * Factor(text, unit));
    }

    /// <summary>-1 means without limit.</summary>
    public static long ParseOrUnlimited(string text) => text == "-1" ? -1 : Parse(text);

    /// <summary>Where a number ends, or -1.</summary>
    public static int FirstOther(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiDigit(text[i]) && text[i] != '.')
                return i;
        }
        return -1;
    }

    private static double Factor(string text, ReadOnlySpan<char> unit)
    {
        if (unit.IsEmpty || unit is "b" or "B")
            return 1;
        int power = Units.IndexOf(char.ToLowerInvariant(unit[0]), StringComparison.Ordinal);
        bool known = unit.Length == 1 || unit[1..].Equals("b", StringComparison.OrdinalIgnoreCase) || unit[1..].Equals("ib", StringComparison.OrdinalIgnoreCase);
        return power < 0 || !known ? throw TareException.Invalid($"invalid size: '{text}'") : Math.Pow(1024, power + 1);
    }
}
