using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Engine.Containers.Roles;

/// <summary>What a container needs to know of its image, whose layers are unpacked.</summary>
/// <param name="Id">Digest of the configuration, "sha256:…".</param>
/// <param name="Config">The image's configuration document.</param>
/// <param name="Chain">The snapshot of its topmost layer; null for an image without layers.</param>
/// <param name="Size">Bytes of all its files.</param>
public sealed record ContainerImage(string Id, ImageConfig Config, Digest? Chain, long Size);

/// <summary>The images as containers see them.</summary>
public interface IContainerImages
{
    /// <summary>Finds an image by reference, id or id prefix and unpacks it when needed; NotFound "No such image: x:latest" when there is none.</summary>
    Task<ContainerImage> GetAsync(string referenceOrId, string? platform);

    /// <summary>Id and size of an image when there is one of that name or id.</summary>
    (string Id, long Size)? Find(string referenceOrId);

    /// <summary>Keeps a chain's snapshots on disk as long as the container exists; survives restarts.</summary>
    void Hold(string containerId, Digest chain);

    /// <summary>Ends <see cref="Hold"/>.</summary>
    void Release(string containerId);

    /// <summary>The directories of a chain for overlayfs, topmost first.</summary>
    IReadOnlyList<string> LowerDirectories(Digest chain);
}
