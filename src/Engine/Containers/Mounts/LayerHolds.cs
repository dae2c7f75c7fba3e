using Tare.Engine.Containers.State;
using Tare.Images;
using Tare.Oci;

namespace Tare.Engine.Containers.Mounts;

/// <summary>Keeps the layers of a container's image, and of images that it mounts, as long as the container exists.</summary>
internal static class LayerHolds
{
    internal static void Take(ImageStore images, ContainerRecord record)
    {
        foreach ((string holder, string chain) in Of(record).Where(hold => hold.Chain.Length > 0))
            images.Snapshots.Hold(holder, Digest.Parse(chain));
    }

    /// <summary>Of all containers, after a start of the engine: nearly all have theirs.</summary>
    internal static void Take(ImageStore images, IEnumerable<ContainerRecord> records) =>
        images.Snapshots.Hold([.. records.SelectMany(Of).Where(hold => hold.Chain.Length > 0).Select(hold => (hold.Holder, Digest.Parse(hold.Chain)))]);

    internal static void Release(ImageStore images, ContainerRecord record)
    {
        foreach ((string holder, _) in Of(record))
            images.Snapshots.Release(holder);
    }

    private static IEnumerable<(string Holder, string Chain)> Of(ContainerRecord record) =>
        record.Mounts.Where(mount => mount.Kind == MountKind.Image).Select(mount => (record.Id + mount.Destination, mount.Chain)).Prepend((record.Id, record.Chain));
}
