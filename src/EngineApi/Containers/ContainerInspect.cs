using Tare.EngineApi.Images;
using Tare.EngineApi.Networks;

namespace Tare.EngineApi.Containers;

/// <summary>Answer to GET /containers/{id}/json.</summary>
public sealed class ContainerInspect
{
    public string Id { get; set; } = "";

    /// <summary>RFC 3339 with nanoseconds, as all times that are texts.</summary>
    public string Created { get; set; } = "";
    public string Path { get; set; } = "";
    public List<string> Args { get; set; } = [];
    public ContainerState State { get; set; } = new();
    public string Image { get; set; } = "";
    public string ResolvConfPath { get; set; } = "";
    public string HostnamePath { get; set; } = "";
    public string HostsPath { get; set; } = "";
    public string LogPath { get; set; } = "";

    /// <summary>With its leading slash.</summary>
    public string Name { get; set; } = "";
    public int RestartCount { get; set; }
    public string Driver { get; set; } = "";
    public string Platform { get; set; } = "linux";
    public string MountLabel { get; set; } = "";
    public string ProcessLabel { get; set; } = "";
    public string AppArmorProfile { get; set; } = "";
    public List<string>? ExecIDs { get; set; }
    public HostConfig HostConfig { get; set; } = new();
    [JsonIgnore(Condition = WhenWritingNull)] public GraphDriver? GraphDriver { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public ImageDescriptor? ImageManifestDescriptor { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public long? SizeRw { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public long? SizeRootFs { get; set; }
    public List<MountPoint> Mounts { get; set; } = [];
    public ContainerConfig Config { get; set; } = new();
    public NetworkSettings NetworkSettings { get; set; } = new();
}

/// <summary>Where a container stands, in Docker's overlapping words; Status is the one that decides.</summary>
public sealed class ContainerState
{
    /// <summary>created, running, paused, restarting, removing, exited or dead.</summary>
    public string Status { get; set; } = "";
    public bool Running { get; set; }
    public bool Paused { get; set; }
    public bool Restarting { get; set; }
    public bool OOMKilled { get; set; }
    public bool Dead { get; set; }
    public int Pid { get; set; }
    public int ExitCode { get; set; }
    public string Error { get; set; } = "";
    public string StartedAt { get; set; } = GoTime.Zero;
    public string FinishedAt { get; set; } = GoTime.Zero;
    [JsonIgnore(Condition = WhenWritingNull)] public Health? Health { get; set; }
}

/// <summary>State of the health check with its last results.</summary>
public sealed class Health
{
    /// <summary>none, starting, healthy or unhealthy.</summary>
    public string Status { get; set; } = "";
    public int FailingStreak { get; set; }
    public List<HealthResult>? Log { get; set; }
}

/// <summary>One run of a health check.</summary>
public sealed class HealthResult
{
    public string Start { get; set; } = "";
    public string End { get; set; } = "";
    public int ExitCode { get; set; }
    public string Output { get; set; } = "";
}

/// <summary>The storage driver's name and directories.</summary>
public sealed class GraphDriver
{
    public Dictionary<string, string>? Data { get; set; }
    public string Name { get; set; } = "";
}

/// <summary>A mount as it is in effect.</summary>
public sealed class MountPoint
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Type { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Name { get; set; }
    public string Source { get; set; } = "";
    public string Destination { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public string? Driver { get; set; }
    public string Mode { get; set; } = "";
    public bool RW { get; set; }
    public string Propagation { get; set; } = "";
}

/// <summary>A container's network as it is in effect. The members that may be null repeat the default network's and end with API 1.51.</summary>
public sealed class NetworkSettings
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Bridge { get; set; }
    public string SandboxID { get; set; } = "";
    public string SandboxKey { get; set; } = "";

    /// <summary>By "80/tcp"; null for a port that is exposed but not published.</summary>
    public Dictionary<string, List<PortBinding>?> Ports { get; set; } = [];
    [JsonIgnore(Condition = WhenWritingNull)] public bool? HairpinMode { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? LinkLocalIPv6Address { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public int? LinkLocalIPv6PrefixLen { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? EndpointID { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Gateway { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? GlobalIPv6Address { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public int? GlobalIPv6PrefixLen { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? IPAddress { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public int? IPPrefixLen { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? IPv6Gateway { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? MacAddress { get; set; }
    public Dictionary<string, EndpointSettings> Networks { get; set; } = [];
}
