using System.Globalization;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>Sizes such as "64m", "10k" or "1gb", in powers of 1024; -1 is unlimited.</summary>
public static class ByteSize
{
    /// <summary>The number of bytes.</summary>
    public static long Parse(string text)
    {
        string lower = text.Trim().ToLowerInvariant();
        if (lower == "-1")
            return -1;
        string digits = lower.TrimEnd('b').TrimEnd('i').TrimEnd('k', 'm', 'g', 't');
        long unit = lower[digits.Length..].TrimEnd('b').TrimEnd('i') switch
        {
            "" => 1,
            "k" => 1L << 10,
            "m" => 1L << 20,
            "g" => 1L << 30,
            "t" => 1L << 40,
            _ => 0,
        };
        if (unit == 0 || !double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            throw TareException.Invalid($"invalid size: '{text}'");
        return (long)(number * unit);
    }
}
