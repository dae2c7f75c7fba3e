using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;

namespace Tare.Engine.Containers.State;

/// <summary>A <see cref="ContainerRecord"/> as the database holds it: the wire types inside are written by their own serializer.</summary>
internal sealed class StoredContainer
{
    public string Id { get; set; } = "";
    public string Name { get; set; } = "";
    public long CreatedAt { get; set; }
    public string ImageId { get; set; } = "";
    public string Chain { get; set; } = "";
    public string Platform { get; set; } = "linux";
    public StoredWire.Config? Config { get; set; }
    public StoredWire.Host? HostConfig { get; set; }
    public Dictionary<string, StoredWire.Endpoint> Endpoints { get; set; } = [];
    public Dictionary<string, List<PortBinding>?> Ports { get; set; } = [];
    public UserRange? Users { get; set; }
    public List<LinkRecord>? Links { get; set; }
    public List<MountRecord> Mounts { get; set; } = [];
    public LifecycleState? State { get; set; }
    public int RestartCount { get; set; }
    public long RestartDelay { get; set; }
    public bool StoppedByUser { get; set; }
    public string SandboxPath { get; set; } = "";

    internal static StoredContainer From(ContainerRecord record) => new()
    {
        Id = record.Id,
        Name = record.Name,
        CreatedAt = record.CreatedAt,
        ImageId = record.ImageId,
        Chain = record.Chain,
        Platform = record.Platform,
        Config = new(record.Config),
        HostConfig = new(record.HostConfig),
        Endpoints = record.Endpoints.ToDictionary(e => e.Key, e => new StoredWire.Endpoint(e.Value)),
        Ports = new Dictionary<string, List<PortBinding>?>(record.Ports),
        Users = record.Users,
        Links = record.Links.Count > 0 ? [.. record.Links] : null,
        Mounts = [.. record.Mounts],
        State = record.State,
        RestartCount = record.RestartCount,
        RestartDelay = record.RestartDelay,
        StoppedByUser = record.StoppedByUser,
        SandboxPath = record.SandboxPath,
    };

    internal ContainerRecord ToRecord() => new()
    {
        Id = Id,
        Name = Name,
        CreatedAt = CreatedAt,
        ImageId = ImageId,
        Chain = Chain,
        Platform = Platform,
        Config = Config!.Value,
        HostConfig = HostConfig!.Value,
        Endpoints = Endpoints.ToDictionary(e => e.Key, e => e.Value.Value),
        Ports = Ports,
        Users = Users,
        Links = Links ?? [],
        Mounts = Mounts,
        State = State ?? new LifecycleState.Created(ExitRecord.None),
        RestartCount = RestartCount,
        RestartDelay = RestartDelay,
        StoppedByUser = StoppedByUser,
        SandboxPath = SandboxPath,
    };
}

/// <summary>Reader and writer of stored containers.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StoredContainer))]
internal sealed partial class StoredContainerJson : JsonSerializerContext;
