using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images;

/// <summary>One image as of a moment: immutable, replaced as a whole when its tags change. The id is the digest of the config document.</summary>
public sealed record Image
{
    public required Digest Id { get; init; }

    /// <summary>The manifest blob in the content store.</summary>
    public required Descriptor Manifest { get; init; }
    public required Descriptor ConfigBlob { get; init; }

    /// <summary>Layer blobs as stored (perhaps compressed), bottom first.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }
    public required ImageConfig Config { get; init; }

    /// <summary>Digests of the uncompressed layers, bottom first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>Snapshot names, bottom first.</summary>
    public required IReadOnlyList<Digest> ChainIds { get; init; }

    /// <summary>Sum of file sizes of each layer, bottom first.</summary>
    public required IReadOnlyList<long> LayerSizes { get; init; }

    /// <summary>Names of this image, sorted.</summary>
    public IReadOnlyList<Reference> Tags { get; init; } = [];

    /// <summary>Names with the digests that registries know this image by, sorted.</summary>
    public IReadOnlyList<Reference> Digests { get; init; } = [];

    /// <summary>The image this one was committed from, when it was made here.</summary>
    public Digest? Parent { get; init; }

    /// <summary>When a tag was last put on it, or when it was added.</summary>
    public DateTimeOffset LastTagged { get; init; }

    /// <summary>Bytes of all files in all layers, which is the size Docker shows.</summary>
    public long Size => LayerSizes.Sum();

    /// <summary>Snapshot of the topmost layer, or null for an image without layers.</summary>
    public Digest? TopChain => ChainIds.Count == 0 ? null : ChainIds[^1];

    /// <summary>Familiar names, "x:latest".</summary>
    public IEnumerable<string> RepoTags => Tags.Select(t => t.Familiar);

    /// <summary>Familiar repositories with the digest there, "x@sha256:…"; for one that no registry has said anything of, with the manifest's.</summary>
    public IEnumerable<string> RepoDigests => Digests
        .Concat(Tags.Where(t => !Digests.Any(d => d.Repository == t.Repository)).Select(t => t.WithDigest(Manifest.Digest)))
        .Select(d => d.Familiar).Distinct();

    /// <summary>The time in the config, or the epoch when it has none that can be read.</summary>
    public DateTimeOffset Created => Rfc3339.Parse(Config.Created);
}

/// <summary>
/// What a container's root file system is made of: directories for overlayfs' lowerdir, topmost first. The image is as it was when it was unpacked;
/// its names may have changed since.
/// </summary>
public sealed record ImageRootfs(Image Image, Digest? ChainId, IReadOnlyList<string> LowerDirectories);
