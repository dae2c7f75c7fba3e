using System.Globalization;
using Tare.Errors;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>Forms of a syslog message.</summary>
internal enum SyslogFormat
{
    /// <summary>Time and tag, as programs write to /dev/log.</summary>
    Local,

    /// <summary>RFC 3164.</summary>
    Rfc3164,

    /// <summary>RFC 5424.</summary>
    Rfc5424,

    /// <summary>RFC 5424 with microseconds.</summary>
    Rfc5424Micro,
}

/// <summary>Where and how messages go, read from the options syslog-address, syslog-facility, syslog-format and syslog-tls-…</summary>
internal sealed record SyslogTarget
{
    private const int DefaultPort = 514;

    private static readonly string[] Facilities =
    [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "", "", "", "",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];

    /// <summary>unix, unixgram, tcp, udp, tcp+tls; empty for the machine's own, /dev/log.</summary>
    public string Protocol { get; private init; } = "";

    /// <summary>Path of a socket, or a host.</summary>
    public string Host { get; private init; } = "";

    public int Port { get; private init; }

    /// <summary>0 to 23.</summary>
    public int Facility { get; private init; }

    public SyslogFormat Format { get; private init; }

    /// <summary>Files in PEM: who is trusted, and this side's certificate with its key.</summary>
    public string? CaFile { get; private init; }

    /// <inheritdoc cref="CaFile"/>
    public string? CertificateFile { get; private init; }

    /// <inheritdoc cref="CaFile"/>
    public string? KeyFile { get; private init; }

    public bool SkipsVerify { get; private init; }

    /// <summary>InvalidArgument for what cannot be.</summary>
    internal static SyslogTarget Parse(IReadOnlyDictionary<string, string> options)
    {
        (string protocol, string host, int port) = Address(options.GetValueOrDefault("syslog-address") ?? "");
        return new SyslogTarget
        {
            Protocol = protocol,
            Host = host,
            Port = port,
            Facility = ParseFacility(options.GetValueOrDefault("syslog-facility") ?? ""),
            Format = (options.GetValueOrDefault("syslog-format") ?? "") switch
            {
                "" => SyslogFormat.Local,
                "rfc3164" => SyslogFormat.Rfc3164,
                "rfc5424" => SyslogFormat.Rfc5424,
                "rfc5424micro" => SyslogFormat.Rfc5424Micro,
                _ => throw TareException.Invalid("Invalid syslog format"),
            },
            CaFile = options.GetValueOrDefault("syslog-tls-ca-cert"),
            CertificateFile = options.GetValueOrDefault("syslog-tls-cert"),
            KeyFile = options.GetValueOrDefault("syslog-tls-key"),
            SkipsVerify = options.ContainsKey("syslog-tls-skip-verify"),
        };
    }

    private static (string Protocol, string Host, int Port) Address(string address)
    {
        if (address.Length == 0)
            return ("", "", 0);
        int colon = address.IndexOf("://", StringComparison.Ordinal);
        string scheme = colon < 0 ? "" : address[..colon];
        string rest = colon < 0 ? address : address[(colon + 3)..];
        switch (scheme)
        {
            case "unix" or "unixgram":
                return File.Exists(rest) ? (scheme, rest, 0) : throw TareException.Invalid($"stat {rest}: no such file or directory");
            case "tcp" or "udp" or "tcp+tls" when Uri.TryCreate($"syslog://{rest}", UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0:
                return (scheme, uri.DnsSafeHost, uri.Port > 0 ? uri.Port : DefaultPort);
            default:
                throw TareException.Invalid($"unsupported scheme: '{scheme}'");
        }
    }

    private static int ParseFacility(string facility)
    {
        if (facility.Length == 0)
            return 3;
        int known = Array.IndexOf(Facilities, facility);
        return known >= 0 ? known
            : int.TryParse(facility, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 23 ? number
            : throw TareException.Invalid("invalid syslog facility");
    }
}
