namespace Tare.EngineApi.Server.Configuration;

/// <summary>What kind of values a setting takes.</summary>
public enum SettingKind
{
    /// <summary>One text.</summary>
    Text,

    /// <summary>On or off; the bare option means on.</summary>
    Flag,

    /// <summary>Several texts; the option may be repeated.</summary>
    List,

    /// <summary>key=value pairs; an object in the file.</summary>
    Map,
}

/// <summary>One thing that can be set, by an option on the command line or a key in the configuration file.</summary>
/// <param name="Option">Without the dashes.</param>
/// <param name="Key">In the file; null when it can be given on the command line only.</param>
/// <param name="Kind">What values it takes.</param>
/// <param name="Help">For people.</param>
/// <param name="Letter">Short form.</param>
/// <param name="Argument">Name of the value in the help.</param>
public sealed record Setting(string Option, string? Key, SettingKind Kind, string Help, char? Letter = null, string Argument = "string")
{
    /// <summary>Not shown in the help.</summary>
    public bool IsHidden { get; init; }

    /// <summary>All settings, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("audit-log", "audit-log", SettingKind.Text, "Record of calls that change something (default DATA-ROOT/audit.log; none for no record)", Argument: "file"),
        new("bip", "bip", SettingKind.Text, "Address and prefix of the default bridge, 172.20.0.1/16"),
        new("bridge", "bridge", SettingKind.Text, "Name of the default bridge's link", 'b'),
        new("config", null, SettingKind.Text, "Configuration file (default /etc/tare/daemon.json)", Argument: "file"),
        new("data-root", "data-root", SettingKind.Text, "Directory of everything that lasts (default /var/lib/tare)", 'g', "directory"),
        new("debug", "debug", SettingKind.Flag, "Say more", 'D'),
        new("default-address-pool", "default-address-pools", SettingKind.List, "Pool for the subnets of networks: base=10.10.0.0/16,size=24", Argument: "pool"),
        new("dns", "dns", SettingKind.List, "Name server of containers", Argument: "address"),
        new("dns-opt", "dns-opts", SettingKind.List, "Resolver option of containers"),
        new("dns-search", "dns-search", SettingKind.List, "Search domain of containers"),
        new("exec-root", "exec-root", SettingKind.Text, "Directory of everything that ends with a reboot (default /run/tare)", Argument: "directory"),
        new("group", "group", SettingKind.Text, "Group that may use the unix socket", 'G', "name"),
        new("help", null, SettingKind.Flag, "Print this", 'h'),
        new("host", "hosts", SettingKind.List, "Listen here: unix://PATH, tcp://ADDRESS:PORT, fd:// (default unix://EXEC-ROOT/tared.sock)", 'H', "address"),
        new("image-budget", "image-budget", SettingKind.Text, "Bytes that images may take on disk before unused ones are removed: 20GB (default: no limit)", Argument: "bytes"),
        new("insecure-registry", "insecure-registries", SettingKind.List, "Registry or network that may be reached without a valid certificate or TLS", Argument: "host:port"),
        new("ipv6", "ipv6", SettingKind.Flag, "IPv6 on the default bridge, beside IPv4 (default: when the host has IPv6; --ipv6=false for never)"),
        new("keeper", null, SettingKind.Text, "The tare-keeper program", Argument: "file") { IsHidden = true },
        new("init", null, SettingKind.Text, "The tare-init program", Argument: "file") { IsHidden = true },
        new("label", "labels", SettingKind.List, "Label of this daemon, key=value"),
        new("cdi-spec-dir", "cdi-spec-dirs", SettingKind.List, "Directory of documents that describe devices (default /etc/cdi and /var/run/cdi)", Argument: "directory"),
        new("log-level", "log-level", SettingKind.Text, "debug, info, warn, error (default warn)", 'l'),
        new("log-driver", "log-driver", SettingKind.Text, "Where containers' logs go: json-file, local, none, syslog, journald (default json-file)"),
        new("log-opt", "log-opts", SettingKind.Map, "Default of containers' logs: max-size=10m, max-file=3", Argument: "key=value"),
        new("max-concurrent-downloads", "max-concurrent-downloads", SettingKind.Text, "Blobs that are downloaded at a time (default 3)", Argument: "number"),
        new("max-concurrent-uploads", "max-concurrent-uploads", SettingKind.Text, "Blobs of an image that are uploaded at a time (default 5)", Argument: "number"),
        new("push-compression-level", "push-compression-level", SettingKind.Text, "How small plain layers are made for a push: 1, fastest, to 9 (default 1)", Argument: "number"),
        new("max-download-attempts", "max-download-attempts", SettingKind.Text, "How often a download is tried (default 5)", Argument: "number"),
        new("mtu", "mtu", SettingKind.Text, "MTU of the default bridge", Argument: "number"),
        new("pidfile", "pidfile", SettingKind.Text, "Write the process id here", 'p', "file"),
        new("registry-mirror", "registry-mirrors", SettingKind.List, "Asked before Docker Hub", Argument: "url"),
        new("registry-addr", "registry-addr", SettingKind.Text, "Serve an OCI registry on HOST:PORT from the engine's blob store", Argument: "address"),
        new("registry-config", "registry-config", SettingKind.Text, "Configuration file of that registry, see docs/registry.md", Argument: "file"),
        new("shutdown-timeout", "shutdown-timeout", SettingKind.Text, "Seconds that requests may take to end when the daemon stops (default 5)", Argument: "number"),
        new("tls", "tls", SettingKind.Flag, "Refused without --tlsverify"),
        new("tlscacert", "tlscacert", SettingKind.Text, "Authority of clients' certificates (default /etc/tare/ca.pem)", Argument: "file"),
        new("tlscert", "tlscert", SettingKind.Text, "The engine's certificate (default /etc/tare/cert.pem)", Argument: "file"),
        new("tlskey", "tlskey", SettingKind.Text, "Key of the certificate (default /etc/tare/key.pem)", Argument: "file"),
        new("tlsverify", "tlsverify", SettingKind.Flag, "TLS on TCP sockets, for clients with a certificate only"),
        new("token-realm", "token-realms", SettingKind.List, "Foreign token server that a registry may send to: REGISTRY=HOST", Argument: "registry=host"),
        new("trust-policy", "trust-policy", SettingKind.Text, "Which images may be pulled and run, as containers-policy.json (default /etc/tare/policy.json when it exists)", Argument: "file"),
        new("userns-remap", "userns-remap", SettingKind.Text, "Whose subordinate ids containers get that choose no --userns: default, user or user:group", Argument: "user"),
        new("version", null, SettingKind.Flag, "Print the version", 'v'),
    ];
}
