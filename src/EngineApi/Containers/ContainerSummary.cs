using Tare.EngineApi.Images;
using Tare.EngineApi.Networks;

namespace Tare.EngineApi.Containers;

/// <summary>One row of GET /containers/json.</summary>
public sealed class ContainerSummary
{
    public string Id { get; set; } = "";

    /// <summary>With leading slashes.</summary>
    public List<string> Names { get; set; } = [];
    public string Image { get; set; } = "";
    public string ImageID { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public ImageDescriptor? ImageManifestDescriptor { get; set; }
    public string Command { get; set; } = "";

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; set; }
    public List<PortSummary> Ports { get; set; } = [];
    [JsonIgnore(Condition = WhenWritingNull)] public long? SizeRw { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public long? SizeRootFs { get; set; }
    public Dictionary<string, string> Labels { get; set; } = [];
    public string State { get; set; } = "";

    /// <summary>For people: "Up 5 minutes (healthy)".</summary>
    public string Status { get; set; } = "";
    public HostConfigSummary HostConfig { get; set; } = new();
    [JsonIgnore(Condition = WhenWritingNull)] public HealthSummary? Health { get; set; }
    public NetworkSettingsSummary NetworkSettings { get; set; } = new();
    public List<MountPoint> Mounts { get; set; } = [];
}

/// <summary>The part of the host configuration that lists show.</summary>
public sealed class HostConfigSummary
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? NetworkMode { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Annotations { get; set; }
}

/// <summary>The part of the health state that lists show since API 1.52.</summary>
public sealed class HealthSummary
{
    public string Status { get; set; } = "";
    public int FailingStreak { get; set; }
}

/// <summary>The networks of a listed container.</summary>
public sealed class NetworkSettingsSummary
{
    public Dictionary<string, EndpointSettings> Networks { get; set; } = [];
}

/// <summary>A port of a listed container.</summary>
public sealed class PortSummary
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? IP { get; set; }
    public ushort PrivatePort { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public ushort PublicPort { get; set; }

    /// <summary>tcp, udp or sctp.</summary>
    public string Type { get; set; } = "";
}
