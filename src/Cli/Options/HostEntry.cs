using System.Net;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>--add-host name:address (or name=address), and the check of plain addresses.</summary>
internal static class HostEntry
{
    public static void Check(string text) => _ = Normalize(text);

    /// <summary>name:address; "host-gateway" stands for the host.</summary>
    public static string Normalize(string text)
    {
        int at = text.AsSpan().IndexOfAny('=', ':');
        if (at < 1 || at == text.Length - 1)
            throw TareException.Invalid($"bad format for add-host: \"{text}\"");
        string address = text[(at + 1)..].Trim('[', ']');
        if (address != "host-gateway" && !IsAddress(address))
            throw TareException.Invalid($"invalid IP address in add-host: \"{address}\"");
        return $"{text[..at]}:{address}";
    }

    /// <summary>An IPv6 address or four numbers; not the short forms that the parser also takes.</summary>
    public static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out _) && (text.Contains(':', StringComparison.Ordinal) || text.AsSpan().Count('.') == 3);

    public static void CheckAddress(string text)
    {
        if (!IsAddress(text))
            throw TareException.Invalid($"IP address is not correctly formatted: {text}");
    }
}
