using Tare.Errors;
using Tare.Oci;
using Tare.Storage.Snapshots;

namespace Tare.Images.Remove;

/// <summary>A container that uses an image.</summary>
public readonly record struct ImageUse(string ContainerId, bool Running);

/// <summary>One line of docker rmi: a name that was taken away or an id that was deleted.</summary>
public readonly record struct RemovedImage(string? Untagged, string? Deleted);

/// <summary>docker rmi: takes a name away, and with the last name the image with every blob and snapshot that nothing else needs. Stateless.</summary>
public static class ImageRemove
{
    /// <summary>
    /// Removes by name, id or id prefix. <paramref name="usesOf"/> tells which containers use an image; a running one forbids its removal, a
    /// stopped one does unless <paramref name="force"/>: then the names go and the image stays for as long as the container needs it.
    /// </summary>
    public static IReadOnlyList<RemovedImage> Remove(ImageStore store, string nameOrId, bool force, Func<Digest, IEnumerable<ImageUse>> usesOf)
    {
        Image image = store.Resolve(nameOrId);
        var removed = new List<RemovedImage>();
        if (store.NameOf(nameOrId) is { Tag: not null } name)
        {
            bool last = image.Tags.Count == 1;
            if (last && !force && usesOf(image.Id).FirstOrDefault() is { ContainerId: { } user })
            {
                throw TareException.Conflict(
                    $"conflict: unable to remove repository reference \"{nameOrId}\" (must force) - container {Short(user)} is using its referenced image {image.Id.Short}");
            }
            bool keep = !last || usesOf(image.Id).Any();
            Untag(store, image, [name], keep ? null : image.Id, removed);
            return keep ? removed : Delete(store, image, removed);
        }
        CheckById(image, nameOrId, force, usesOf);
        bool used = usesOf(image.Id).Any();
        Untag(store, image, image.Tags, used ? null : image.Id, removed);
        return used ? removed : Delete(store, image, removed);
    }

    private static void CheckById(Image image, string text, bool force, Func<Digest, IEnumerable<ImageUse>> usesOf)
    {
        string id = text.StartsWith("sha256:", StringComparison.Ordinal) ? image.Id.Short : text[..Math.Min(12, text.Length)];
        foreach (ImageUse use in usesOf(image.Id).OrderByDescending(u => u.Running))
        {
            if (use.Running)
                throw TareException.Conflict($"conflict: unable to delete {id} (cannot be forced) - image is being used by running container {Short(use.ContainerId)}");
            if (!force || image.Tags.Count == 0)
                throw TareException.Conflict($"conflict: unable to delete {id} (must be forced) - image is being used by stopped container {Short(use.ContainerId)}");
        }
        if (!force && image.Tags.Select(t => t.Repository).Distinct().Count() > 1)
            throw TareException.Conflict($"conflict: unable to delete {id} (must be forced) - image is referenced in multiple repositories");
    }

    private static void Untag(ImageStore store, Image image, IReadOnlyCollection<Reference> names, Digest? delete, List<RemovedImage> removed)
    {
        store.Forget(names, delete);
        removed.AddRange(names.Select(n => new RemovedImage(n.Familiar, null)));
        if (delete is not null)
            removed.AddRange(image.RepoDigests.Select(d => new RemovedImage(d, null)));
    }

    private static List<RemovedImage> Delete(ImageStore store, Image image, List<RemovedImage> removed)
    {
        removed.Add(new RemovedImage(null, image.Id.ToString()));
        IReadOnlyList<Snapshot> layers = store.Collect();
        removed.AddRange(image.ChainIds.Reverse().Where(c => layers.Any(l => l.ChainId == c)).Select(c => new RemovedImage(null, c.ToString())));
        return removed;
    }

    private static string Short(string containerId) => containerId[..Math.Min(12, containerId.Length)];
}
