using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Tare.Distribution;
using Tare.Engine;
using Tare.Engine.Daemon;
using Tare.Errors;

namespace Tare.EngineApi.Server.Configuration;

/// <summary>What tared was asked to be: the engine's options and how it is served.</summary>
public sealed record DaemonOptions
{
    private const string DefaultFile = "/etc/tare/daemon.json";
    private const string DefaultPolicy = "/etc/tare/policy.json";

    /// <summary>Print the help and end.</summary>
    public bool WantsHelp { get; init; }

    /// <summary>Print the version and end.</summary>
    public bool WantsVersion { get; init; }

    /// <summary>For the engine.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>Where to listen; never empty.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Group of the unix sockets, or null.</summary>
    public string? Group { get; init; }

    /// <summary>File for the process id, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>Where a registry beside the API listens, or null for none.</summary>
    public string? RegistryAddress { get; init; }

    /// <summary>That registry's configuration file, or null.</summary>
    public string? RegistryConfiguration { get; init; }

    /// <summary>What is written to standard error.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>Files of the TLS identity when clients on TCP must have a certificate.</summary>
    public (string Authority, string Certificate, string Key)? Tls { get; init; }

    /// <summary>Where calls that change something are recorded, or null.</summary>
    public string? AuditFile { get; init; }

    /// <summary>How long requests may take to end.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads the command line and the file it names, or the usual file when it exists.</summary>
    public static DaemonOptions Read(IReadOnlyList<string> arguments, string programDirectory)
    {
        SettingValues given = SettingValues.FromArguments(arguments);
        bool asksOnly = given.Flag("help") || given.Flag("version");
        string path = given.Text("config") ?? DefaultFile;
        SettingValues file = asksOnly ? new SettingValues() : DaemonFile.Read(path, required: given.Text("config") is not null);
        return Of(SettingValues.Merge(given, file, path), programDirectory);
    }

    private static DaemonOptions Of(SettingValues values, string programDirectory)
    {
        string execRoot = Directory(values, "exec-root", "/run/tare");
        bool debug = values.Flag("debug");
        string dataRoot = Directory(values, "data-root", "/var/lib/tare");
        return new DaemonOptions
        {
            WantsHelp = values.Flag("help"),
            WantsVersion = values.Flag("version"),
            Hosts = values["host"].Count > 0 ? values["host"] : [$"unix://{execRoot}/tared.sock"],
            Group = values.Text("group"),
            PidFile = values.Text("pidfile"),
            RegistryAddress = values.Text("registry-addr"),
            RegistryConfiguration = values.Text("registry-config"),
            LogLevel = debug ? LogLevel.Debug : Level(values.Text("log-level")),
            Tls = TlsFiles(values),
            AuditFile = values.Text("audit-log") switch { null or "" => $"{dataRoot}/audit.log", "none" => null, _ => Directory(values, "audit-log", "") },
            ShutdownTimeout = TimeSpan.FromSeconds(Number(values, "shutdown-timeout", 5)),
            Engine = new EngineOptions
            {
                DataRoot = dataRoot,
                ExecRoot = execRoot,
                Bip = values.Text("bip"),
                Bridge = values.Text("bridge"),
                EnableIpv6 = values.Text("ipv6") is { } ipv6 ? ipv6 == "true" : null,
                Mtu = Number(values, "mtu", 0),
                AddressPools = [.. values["default-address-pool"].Select(Pool)],
                Labels = values["label"],
                LogDriver = values.Text("log-driver") switch
                {
                    null or "" => "json-file",
                    ("json-file" or "local" or "none" or "syslog" or "journald") and var driver => driver,
                    var other => throw TareException.Invalid($"log driver \"{other}\": json-file, local, none, syslog or journald is expected"),
                },
                LogOptions = Pairs(values["log-opt"]),
                CdiSpecDirs = values["cdi-spec-dir"].Count > 0 ? values["cdi-spec-dir"] : EngineOptions.DefaultCdiSpecDirs,
                UsernsRemap = values.Text("userns-remap"),
                Dns = values["dns"],
                DnsSearch = values["dns-search"],
                DnsOptions = values["dns-opt"],
                KeeperPath = values.Text("keeper") ?? Environment.GetEnvironmentVariable("TARE_KEEPER") ?? Path.Combine(programDirectory, "tare-keeper"),
                InitPath = values.Text("init") ?? Environment.GetEnvironmentVariable("TARE_INIT") ?? Path.Combine(programDirectory, "tare-init"),
                Debug = debug,
                TrustPolicy = values.Text("trust-policy") ?? (File.Exists(DefaultPolicy) ? DefaultPolicy : null),
                ImageBudget = Bytes(values, "image-budget"),
                Downloads = Math.Max(1, Number(values, "max-concurrent-downloads", 3)),
                Uploads = Math.Max(1, Number(values, "max-concurrent-uploads", 5)),
                PushCompressionLevel = Number(values, "push-compression-level", 0) switch
                {
                    0 when values.Text("push-compression-level") is null => null,
                    >= 1 and <= 9 and var level => level,
                    _ => throw TareException.Invalid($"invalid value \"{values.Text("push-compression-level")}\" for --push-compression-level: 1 to 9 is expected"),
                },
                Registries = new RegistryOptions
                {
                    Insecure = values["insecure-registry"],
                    Mirrors = values["registry-mirror"],
                    TokenRealms = values["token-realm"],
                    Attempts = Math.Max(1, Number(values, "max-download-attempts", 5)),
                    UserAgent = $"tare/{EngineVersion.Text}",
                },
            },
        };
    }

    private static (string, string, string)? TlsFiles(SettingValues values)
    {
        if (values.Flag("tls") && !values.Flag("tlsverify"))
            throw TareException.Invalid("--tls alone lets everybody in: give --tlsverify, which asks clients for a certificate");
        return values.Flag("tlsverify")
            ? (values.Text("tlscacert") ?? "/etc/tare/ca.pem", values.Text("tlscert") ?? "/etc/tare/cert.pem", values.Text("tlskey") ?? "/etc/tare/key.pem")
            : null;
    }

    private static string Directory(SettingValues values, string option, string otherwise)
    {
        string path = values.Text(option) ?? otherwise;
        return Path.IsPathFullyQualified(path)
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
            : throw TareException.Invalid($"invalid value \"{path}\" for --{option}: an absolute path is expected");
    }

    private static int Number(SettingValues values, string option, int otherwise)
    {
        if (values.Text(option) is not { } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw TareException.Invalid($"invalid value \"{text}\" for --{option}: a number is expected");
    }

    private static long Bytes(SettingValues values, string option)
    {
        string text = (values.Text(option) ?? "0").Trim().ToUpperInvariant().TrimEnd('B');
        int shift = text.Length > 0 ? "KMGT".IndexOf(text[^1], StringComparison.Ordinal) + 1 : 0;
        return decimal.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) && number < 1_000_000
            || (shift == 0 && decimal.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            ? (long)(number * (1L << (10 * shift)))
            : throw TareException.Invalid($"invalid value \"{text}\" for --{option}: bytes such as 500MB or 20GB are expected");
    }

    private static LogLevel Level(string? text) => text switch
    {
        null or "" or "warn" or "warning" => LogLevel.Warning,
        "debug" or "trace" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "error" or "fatal" => LogLevel.Error,
        _ => throw TareException.Invalid($"invalid log level \"{text}\": debug, info, warn or error is expected"),
    };

    private static Dictionary<string, string> Pairs(IEnumerable<string> texts)
    {
        Dictionary<string, string> pairs = [];
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            pairs[text[..equals]] = text[(equals + 1)..];
        }
        return pairs;
    }

    private static AddressPoolOption Pool(string text)
    {
        Dictionary<string, string> parts = Pairs(text.Split(',').Where(part => part.Contains('=', StringComparison.Ordinal)));
        return parts.TryGetValue("base", out string? whole) && IPNetwork.TryParse(whole, out IPNetwork network)
            && parts.TryGetValue("size", out string? size) && int.TryParse(size, out int prefix) && prefix >= network.PrefixLength
            ? new AddressPoolOption(network, prefix)
            : throw TareException.Invalid($"invalid default address pool \"{text}\": base=10.10.0.0/16,size=24 is expected");
    }
}
