using System.Globalization;
using System.Net;
using Tare.Errors;

namespace Tare.Registry.Hosting;

/// <summary>Reads the quantities of the configuration. What is not understood is InvalidArgument.</summary>
internal static class Units
{
    /// <summary>"30s", "5m", "1h30m", "7d", "0".</summary>
    public static TimeSpan Duration(string text)
    {
        TimeSpan sum = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest is "0")
            return sum;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits < 1 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                throw Wrong();
            sum += rest[digits] switch
            {
                's' => TimeSpan.FromSeconds(number),
                'm' => TimeSpan.FromMinutes(number),
                'h' => TimeSpan.FromHours(number),
                'd' => TimeSpan.FromDays(number),
                _ => throw Wrong(),
            };
            rest = rest[(digits + 1)..];
        }
        return text.Trim().Length > 0 ? sum : throw Wrong();

        TareException Wrong() => TareException.Invalid($"invalid duration \"{text}\": 30s, 5m, 1h30m or 7d is expected");
    }

    /// <summary>"500MB", "10GB", "1TB" in powers of 1024, or plain bytes.</summary>
    public static long Bytes(string text)
    {
        string upper = text.Trim().ToUpperInvariant();
        int digits = upper.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
            digits = upper.Length;
        int shift = upper[digits..].Trim() switch { "" or "B" => 0, "KB" or "K" => 10, "MB" or "M" => 20, "GB" or "G" => 30, "TB" or "T" => 40, _ => -1 };
        return shift >= 0 && long.TryParse(upper.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= long.MaxValue >> shift
            ? number << shift
            : throw TareException.Invalid($"invalid size \"{text}\": 500MB, 10GB or 1TB is expected");
    }

    /// <summary>"127.0.0.1:5000", "[::1]:5000", "localhost:5000"; ":5000" is every address of the machine.</summary>
    public static IPEndPoint Address(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon];
        IPAddress? address = host switch { "" => IPAddress.IPv6Any, "localhost" => IPAddress.Loopback, _ => IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? parsed) ? parsed : null };
        return colon >= 0 && address is not null && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? new IPEndPoint(address, port)
            : throw TareException.Invalid($"invalid address \"{text}\": HOST:PORT with a numeric host is expected");
    }
}
