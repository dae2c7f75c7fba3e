using System.Globalization;
using Tare.Errors;

namespace Tare.Linux;

/// <summary>Signals by number or name, with or without SIG, as on Linux x86-64 and arm64.</summary>
public static class SignalName
{
    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT",
        "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    private const int RealTimeMin = 34;
    private const int RealTimeMax = 64;

    /// <summary>The number of a signal; InvalidArgument when there is no such signal.</summary>
    public static int Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return number is >= 1 and <= RealTimeMax ? number : throw TareException.Invalid($"Invalid signal: {text}");
        string name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        int index = name switch { "" => -1, "CLD" => 17, "POLL" => 29, "IOT" => 6, _ => Array.IndexOf(Names, name) };
        if (index > 0)
            return index;
        if (name.StartsWith("RTMIN", StringComparison.Ordinal) && Offset(name[5..], '+') is { } up && RealTimeMin + up <= RealTimeMax)
            return RealTimeMin + up;
        if (name.StartsWith("RTMAX", StringComparison.Ordinal) && Offset(name[5..], '-') is { } down && RealTimeMax - down >= RealTimeMin)
            return RealTimeMax - down;
        throw TareException.Invalid($"Invalid signal: {text}");
    }

    private static int? Offset(string text, char sign) =>
        text.Length == 0 ? 0 : text[0] == sign && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
}
