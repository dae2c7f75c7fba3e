using System.Text.Json.Serialization;

namespace Tare.Engine.Volumes;

/// <summary>A volume as it is kept in the database; its data is a directory named after it.</summary>
public sealed record VolumeRecord
{
    public required string Name { get; init; }

    /// <summary>RFC 3339.</summary>
    public required string CreatedAt { get; init; }

    /// <summary>Its name was made up for a container: prune takes it without being asked for all.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Id of the container that it was made up for, as long as it is to go when that container does not exist.</summary>
    public string? ForContainer { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Options of the local driver: type, device, o. Empty for a plain directory.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
}

/// <summary>Writes and reads <see cref="VolumeRecord"/>.</summary>
[JsonSerializable(typeof(VolumeRecord))]
internal sealed partial class VolumeJson : JsonSerializerContext;
