using System.Text.Json.Serialization;
using Tare.Oci;

namespace Tare.Storage.Snapshots;

/// <summary>One unpacked layer on disk: the top of the chain it is named after, its parent chain, and where its files are. Immutable.</summary>
/// <param name="ChainId">The name of this layer on top of its parents.</param>
/// <param name="Parent">The chain below, or null for a bottom layer.</param>
/// <param name="DiffId">The digest of the layer's tar.</param>
/// <param name="Directory">The directory for overlayfs' lowerdir.</param>
/// <param name="FileBytes">Sum of the files' sizes.</param>
public sealed record Snapshot(Digest ChainId, Digest? Parent, Digest DiffId, string Directory, long FileBytes);

/// <summary>How a snapshot is kept in the database; uncommitted ones are being unpacked or were when the process died.</summary>
internal sealed record SnapshotRecord
{
    public required long Number { get; init; }
    public required Digest DiffId { get; init; }
    public Digest? Parent { get; init; }
    public bool Committed { get; init; }
    public long FileBytes { get; init; }
}

/// <summary>Source-generated JSON of the storage records.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(SnapshotRecord))]
[JsonSerializable(typeof(Digest))]
internal sealed partial class StorageJson : JsonSerializerContext;
