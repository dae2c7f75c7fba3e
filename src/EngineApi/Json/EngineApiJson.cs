using System.Text.Json;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Execs;
using Tare.EngineApi.Images;
using Tare.EngineApi.Networks;
using Tare.EngineApi.Progress;
using Tare.EngineApi.Registries;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Volumes;

namespace Tare.EngineApi.Json;

/// <summary>Reader and writer of every wire type; names match without case and nulls read as zero, as Go does it.</summary>
[JsonSourceGenerationOptions(
    PropertyNameCaseInsensitive = true,
    ReadCommentHandling = JsonCommentHandling.Disallow,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(NullAsFalse), typeof(NullAsZeroLong), typeof(NullAsZeroInt), typeof(TextMapConverter)])]
[JsonSerializable(typeof(ErrorResponse))]
[JsonSerializable(typeof(ContainerConfig))]
[JsonSerializable(typeof(HostConfig))]
[JsonSerializable(typeof(NetworkingConfig))]
[JsonSerializable(typeof(CreateRequest))]
[JsonSerializable(typeof(CreateResponse))]
[JsonSerializable(typeof(ContainerInspect))]
[JsonSerializable(typeof(List<ContainerSummary>))]
[JsonSerializable(typeof(ContainerStats))]
[JsonSerializable(typeof(TopResponse))]
[JsonSerializable(typeof(List<FilesystemChange>))]
[JsonSerializable(typeof(UpdateRequest))]
[JsonSerializable(typeof(UpdateResponse))]
[JsonSerializable(typeof(WaitResponse))]
[JsonSerializable(typeof(PathStat))]
[JsonSerializable(typeof(ContainersPruneResponse))]
[JsonSerializable(typeof(CheckpointCreateRequest))]
[JsonSerializable(typeof(List<CheckpointSummary>))]
[JsonSerializable(typeof(ExecCreateRequest))]
[JsonSerializable(typeof(ExecStartRequest))]
[JsonSerializable(typeof(ExecInspect))]
[JsonSerializable(typeof(ImageInspect))]
[JsonSerializable(typeof(List<ImageSummary>))]
[JsonSerializable(typeof(List<AttestationStatement>))]
[JsonSerializable(typeof(ImagePlatform))]
[JsonSerializable(typeof(List<HistoryItem>))]
[JsonSerializable(typeof(List<DeleteItem>))]
[JsonSerializable(typeof(ImagesPruneResponse))]
[JsonSerializable(typeof(IdResponse))]
[JsonSerializable(typeof(List<NetworkInspect>))]
[JsonSerializable(typeof(NetworkCreateRequest))]
[JsonSerializable(typeof(NetworkCreateResponse))]
[JsonSerializable(typeof(NetworkConnectRequest))]
[JsonSerializable(typeof(NetworkDisconnectRequest))]
[JsonSerializable(typeof(NetworksPruneResponse))]
[JsonSerializable(typeof(Volume))]
[JsonSerializable(typeof(VolumeListResponse))]
[JsonSerializable(typeof(VolumeCreateRequest))]
[JsonSerializable(typeof(VolumesPruneResponse))]
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(InfoResponse))]
[JsonSerializable(typeof(EventMessage))]
[JsonSerializable(typeof(DiskUsage))]
[JsonSerializable(typeof(BuildPruneResponse))]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(AuthConfig))]
[JsonSerializable(typeof(AuthResponse))]
[JsonSerializable(typeof(DistributionInspect))]
[JsonSerializable(typeof(List<SearchItem>))]
[JsonSerializable(typeof(PortBinding))]
[JsonSerializable(typeof(RestartPolicy))]
[JsonSerializable(typeof(EndpointSettings))]
[JsonSerializable(typeof(HealthConfig))]
[JsonSerializable(typeof(List<MountSpec>))]
[JsonSerializable(typeof(List<SecretSpec>))]
[JsonSerializable(typeof(List<WeightDevice>))]
[JsonSerializable(typeof(List<ThrottleDevice>))]
[JsonSerializable(typeof(List<DeviceMapping>))]
[JsonSerializable(typeof(List<DeviceRequest>))]
[JsonSerializable(typeof(List<Ulimit>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(List<string>))]
public sealed partial class EngineApiJson : JsonSerializerContext;
