using Tare.Archive.Compression;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Load;

/// <summary>An image that was loaded and the names that the archive gave it.</summary>
public sealed record LoadedImage(Image Image, IReadOnlyList<Reference> References);

/// <summary>
/// docker load: reads an archive front to back from a stream, puts its blobs into the content store as they come, then finds out what they are:
/// an OCI layout or a Docker archive, plain, gzip or zstd. Either every image of it is added or none stays behind unnamed.
/// </summary>
public static class ImageLoad
{
    /// <summary>Loads all images of an archive that suit this machine.</summary>
    public static async Task<IReadOnlyList<LoadedImage>> LoadAsync(ImageStore store, Stream archive, CancellationToken cancel = default)
    {
        using ImageStore.Adding adding = store.BeginAdding();
        using ContentLease lease = store.Content.Lease();
        try
        {
            ArchiveContent content = await BlockingStream.RunAsync(archive, s => ArchiveContent.Read(s, lease, cancel), cancel);
            IReadOnlyList<ArchiveImage> found = content.Document("index.json") is { } index && content.Document("oci-layout") is not null
                ? OciArchive.Find(content, index, store.Content, lease)
                : content.Document("manifest.json") is { } manifest
                ? DockerArchive.Find(content, manifest, store.Content, lease)
                : throw TareException.Invalid("not an image archive: it has neither manifest.json nor an OCI layout; use import for a root file system");
            var loaded = new List<LoadedImage>();
            foreach (ArchiveImage image in found)
                loaded.Add(await AddAsync(store, image, cancel));
            // Legacy metadata and other platforms' blobs came along.
            adding.CollectAtEnd();
            return loaded;
        }
        catch
        {
            adding.CollectAtEnd();
            throw;
        }
    }

    private static async Task<LoadedImage> AddAsync(ImageStore store, ArchiveImage found, CancellationToken cancel)
    {
        Image image = await store.AddAsync(found.Manifest, null, cancel);
        foreach (Reference name in found.Names)
            image = found.Index is null ? store.Tag(image.Id, name) : store.Name(image.Id, name, found.Index);
        return new LoadedImage(image, found.Names);
    }
}

/// <summary>An image found in an archive: its manifest is in the content store by now, and so is the index that leads to statements about it.</summary>
internal sealed record ArchiveImage(Descriptor Manifest, IReadOnlyList<Reference> Names, Digest? Index = null);
