using System.Globalization;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>Refuses log drivers and options that do not exist, in the words scripts know.</summary>
internal static class LogOptionCheck
{
    private static readonly HashSet<string> Common = ["labels", "labels-regex", "env", "env-regex", "tag"];
    private static readonly HashSet<string> Local = ["max-size", "max-file", "compress"];

    /// <summary>Of the local copy that is kept beside what is sent elsewhere.</summary>
    private static readonly HashSet<string> Cache = ["cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"];

    private static readonly HashSet<string> Syslog =
        ["syslog-address", "syslog-facility", "syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify", "syslog-format"];

    internal static void Run(LogConfig log)
    {
        if (log.Type is not ("json-file" or "local" or "none" or "syslog" or "journald"))
            throw TareException.Invalid($"logger: no log driver named '{log.Type}' is registered");
        Dictionary<string, string> options = log.Config ?? [];
        if (log.Type == "none")
            return;
        foreach ((string name, string value) in options)
        {
            if (!IsKnown(log.Type, name))
                throw TareException.Invalid($"unknown log opt '{name}' for {log.Type} log driver");
            CheckValue(name, value);
        }
        if (options.ContainsKey("max-buffer-size") && options.GetValueOrDefault("mode") != "non-blocking")
            throw TareException.Invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
        if (options.GetValueOrDefault("tag") is { Length: > 0 } tag)
            _ = LogTag.Fill(tag, field => LogTag.Fields.Contains(field) ? "" : null);
        if (log.Type == "syslog")
            _ = SyslogTarget.Parse(options);
    }

    private static bool IsKnown(string driver, string option) => option is "mode" or "max-buffer-size" || Common.Contains(option) || driver switch
    {
        "syslog" => Syslog.Contains(option) || Cache.Contains(option),
        "journald" => Cache.Contains(option),
        _ => Local.Contains(option),
    };

    private static void CheckValue(string name, string value)
    {
        switch (name)
        {
            case "max-size" or "cache-max-size" or "max-buffer-size":
                _ = ByteSize.Parse(value);
                break;
            case "max-file" or "cache-max-file" when !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int files) || files < 1:
                throw TareException.Invalid($"invalid value for log opt {name}: {value}");
            case "mode" when value is not ("" or "blocking" or "non-blocking"):
                throw TareException.Invalid($"logger: logging mode not supported: {value}");
            case "cache-disabled" when !bool.TryParse(value, out _):
                throw TareException.Invalid($"invalid value for log opt {name}: {value}");
            case "labels-regex" or "env-regex":
                _ = LogSource.Pattern(name, value);
                break;
            default:
                break;
        }
    }
}
