using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tare.Engine.Containers.Cdi;

/// <summary>A document of the Container Device Interface (cdi-spec 1.0): devices of one vendor and class, and what a container needs for each.</summary>
internal sealed class CdiSpec
{
    public string CdiVersion { get; set; } = "";

    /// <summary>"vendor.com/class".</summary>
    public string Kind { get; set; } = "";
    public List<CdiDevice> Devices { get; set; } = [];

    /// <summary>What every device of the document needs.</summary>
    public CdiContainerEdits? ContainerEdits { get; set; }
}

/// <summary>One device.</summary>
internal sealed class CdiDevice
{
    public string Name { get; set; } = "";
    public CdiContainerEdits? ContainerEdits { get; set; }
}

/// <summary>Changes of a container's configuration.</summary>
internal sealed class CdiContainerEdits
{
    /// <summary>NAME=value.</summary>
    public List<string>? Env { get; set; }
    public List<CdiDeviceNode>? DeviceNodes { get; set; }
    public List<CdiMount>? Mounts { get; set; }
    public List<CdiHook>? Hooks { get; set; }
    public List<uint>? AdditionalGids { get; set; }
    public JsonElement? IntelRdt { get; set; }
    public List<JsonElement>? NetDevices { get; set; }
}

/// <summary>A device file; what is not said is as the host's.</summary>
internal sealed class CdiDeviceNode
{
    public string Path { get; set; } = "";
    public string? HostPath { get; set; }

    /// <summary>b, c, u or p.</summary>
    public string? Type { get; set; }
    public long? Major { get; set; }
    public long? Minor { get; set; }
    public uint? FileMode { get; set; }

    /// <summary>Out of "rwm".</summary>
    public string? Permissions { get; set; }
    public uint? Uid { get; set; }
    public uint? Gid { get; set; }
}

/// <summary>A mount, usually a bind.</summary>
internal sealed class CdiMount
{
    public string HostPath { get; set; } = "";
    public string ContainerPath { get; set; } = "";
    public List<string>? Options { get; set; }
    public string? Type { get; set; }
}

/// <summary>A program that is run beside the container's start.</summary>
internal sealed class CdiHook
{
    public string HookName { get; set; } = "";
    public string Path { get; set; } = "";
}

/// <summary>Reader of CDI documents.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(CdiSpec))]
internal sealed partial class CdiJson : JsonSerializerContext;
