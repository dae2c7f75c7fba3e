namespace Tare.EngineApi.Daemon;

/// <summary>Answer to GET /info.</summary>
public sealed class InfoResponse
{
    public string ID { get; set; } = "";
    public int Containers { get; set; }
    public int ContainersRunning { get; set; }
    public int ContainersPaused { get; set; }
    public int ContainersStopped { get; set; }
    public int Images { get; set; }
    public string Driver { get; set; } = "";

    /// <summary>Pairs of name and value.</summary>
    public List<List<string>> DriverStatus { get; set; } = [];
    public PluginsInfo Plugins { get; set; } = new();
    public bool MemoryLimit { get; set; }
    public bool SwapLimit { get; set; }
    public bool CpuCfsPeriod { get; set; }
    public bool CpuCfsQuota { get; set; }
    public bool CPUShares { get; set; }
    public bool CPUSet { get; set; }
    public bool PidsLimit { get; set; }
    public bool IPv4Forwarding { get; set; }
    public bool BridgeNfIptables { get; set; }
    public bool BridgeNfIp6tables { get; set; }
    public bool Debug { get; set; }
    public int NFd { get; set; }
    public bool OomKillDisable { get; set; }
    public int NGoroutines { get; set; }
    public string SystemTime { get; set; } = "";
    public string LoggingDriver { get; set; } = "";
    public string CgroupDriver { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public string? CgroupVersion { get; set; }
    public int NEventsListener { get; set; }
    public string KernelVersion { get; set; } = "";
    public string OperatingSystem { get; set; } = "";
    public string OSVersion { get; set; } = "";
    public string OSType { get; set; } = "linux";
    public string Architecture { get; set; } = "";
    public string IndexServerAddress { get; set; } = "";
    public RegistryConfig? RegistryConfig { get; set; }
    public int NCPU { get; set; }
    public long MemTotal { get; set; }
    public List<GenericResource>? GenericResources { get; set; }
    public string DockerRootDir { get; set; } = "";
    public string HttpProxy { get; set; } = "";
    public string HttpsProxy { get; set; } = "";
    public string NoProxy { get; set; } = "";

    /// <summary>The host's name.</summary>
    public string Name { get; set; } = "";
    public List<string>? Labels { get; set; }
    public bool ExperimentalBuild { get; set; }
    public string ServerVersion { get; set; } = "";
    public Dictionary<string, RuntimeInfo> Runtimes { get; set; } = [];
    public string DefaultRuntime { get; set; } = "";
    public SwarmInfo Swarm { get; set; } = new();
    public bool LiveRestoreEnabled { get; set; }
    public string Isolation { get; set; } = "";
    public string InitBinary { get; set; } = "";
    public CommitInfo ContainerdCommit { get; set; } = new();
    public CommitInfo RuncCommit { get; set; } = new();
    public CommitInfo InitCommit { get; set; } = new();

    /// <summary>name=seccomp,profile=builtin and the like.</summary>
    public List<string> SecurityOptions { get; set; } = [];
    [JsonIgnore(Condition = WhenWritingNull)] public string? ProductLicense { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public FirewallInfo? FirewallBackend { get; set; }
    public List<string> CDISpecDirs { get; set; } = [];
    public List<string>? Warnings { get; set; }
}

/// <summary>Names of the drivers the engine has.</summary>
public sealed class PluginsInfo
{
    public List<string> Volume { get; set; } = [];
    public List<string> Network { get; set; } = [];
    public List<string>? Authorization { get; set; }
    public List<string> Log { get; set; } = [];
}

/// <summary>How registries are reached.</summary>
public sealed class RegistryConfig
{
    public List<string> InsecureRegistryCIDRs { get; set; } = [];
    public Dictionary<string, IndexInfo> IndexConfigs { get; set; } = [];
    public List<string>? Mirrors { get; set; }
}

/// <summary>One registry's settings.</summary>
public sealed class IndexInfo
{
    public string Name { get; set; } = "";
    public List<string> Mirrors { get; set; } = [];
    public bool Secure { get; set; }
    public bool Official { get; set; }
}

/// <summary>A resource a node offers; there is none outside a cluster.</summary>
public sealed class GenericResource
{
    public string Kind { get; set; } = "";
    public string Value { get; set; } = "";
}

/// <summary>An OCI runtime by its program.</summary>
public sealed class RuntimeInfo
{
    [JsonPropertyName("path"), JsonIgnore(Condition = WhenWritingNull)] public string? Path { get; set; }
    [JsonPropertyName("runtimeArgs"), JsonIgnore(Condition = WhenWritingNull)] public List<string>? Args { get; set; }
    [JsonPropertyName("status"), JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Status { get; set; }
}

/// <summary>State of the cluster mode.</summary>
public sealed class SwarmInfo
{
    public string NodeID { get; set; } = "";
    public string NodeAddr { get; set; } = "";
    public string LocalNodeState { get; set; } = "inactive";
    public bool ControlAvailable { get; set; }
    public string Error { get; set; } = "";
    public List<string>? RemoteManagers { get; set; }
}

/// <summary>The commit a program was built from.</summary>
public sealed class CommitInfo
{
    public string ID { get; set; } = "";
}

/// <summary>Which firewall the engine drives.</summary>
public sealed class FirewallInfo
{
    public string Driver { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public List<List<string>>? Info { get; set; }
}
