using System.Globalization;
using System.Text;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>Writes a line in one of syslog's forms. Pure.</summary>
internal static class SyslogMessage
{
    private const int Error = 3;
    private const int Information = 6;

    /// <summary>The message with its line feed and, for RFC 5424 over TLS, with its length before it (RFC 5425).</summary>
    internal static byte[] Write(SyslogTarget target, string tag, string host, int process, LogLine line)
    {
        byte[] head = Encoding.UTF8.GetBytes(Head(target, tag, host, process, line));
        byte[] message = new byte[head.Length + line.Text.Length + 1];
        head.CopyTo(message, 0);
        line.Text.Span.CopyTo(message.AsSpan(head.Length));
        message[^1] = (byte)'\n';
        bool counted = target is { Protocol: "tcp+tls", Format: SyslogFormat.Rfc5424 or SyslogFormat.Rfc5424Micro };
        return counted ? [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message.Length} ")), .. message] : message;
    }

    private static string Head(SyslogTarget target, string tag, string host, int process, LogLine line)
    {
        int priority = (target.Facility * 8) + (line.IsError ? Error : Information);
        DateTimeOffset time = line.Time.ToLocalTime();
        string stamp = target.Format switch
        {
            // The day of the month is padded with a blank.
            SyslogFormat.Local or SyslogFormat.Rfc3164 => time.ToString("MMM ", CultureInfo.InvariantCulture) + time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2)
                + time.ToString(" HH:mm:ss", CultureInfo.InvariantCulture),
            SyslogFormat.Rfc5424 => time.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + Zone(time),
            _ => time.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture) + Zone(time),
        };
        return target.Format switch
        {
            SyslogFormat.Local => string.Create(CultureInfo.InvariantCulture, $"<{priority}>{stamp} {tag}[{process}]: "),
            SyslogFormat.Rfc3164 => string.Create(CultureInfo.InvariantCulture, $"<{priority}>{stamp} {host} {tag}[{process}]: "),
            _ => string.Create(CultureInfo.InvariantCulture, $"<{priority}>1 {stamp} {host} {tag} {process} {tag} - "),
        };
    }

    private static string Zone(DateTimeOffset time) => time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture);
}
