using System.Collections.Concurrent;
using Tare.Archive.Files;
using Tare.Linux;
using Tare.Oci;
using Tare.Storage.Snapshots;

namespace Tare.Images.Usage;

/// <summary>What one image takes on disk: all of it, and the part that other images need too.</summary>
public readonly record struct ImageSpace(long Bytes, long Shared);

/// <summary>
/// What images take on disk, as du counts: blobs and unpacked layers, each once, and what broken downloads have left. A layer's directory does not
/// change, so it is walked once. Thread-safe.
/// </summary>
public sealed class ImageUsage(ImageStore store)
{
    private readonly ConcurrentDictionary<string, long> _walked = new(StringComparer.Ordinal);

    /// <summary>Bytes of everything in the store.</summary>
    public long Total() => store.Content.All().Sum(Blob) + store.Snapshots.All().Sum(Layer) + store.Content.Partials().Bytes;

    /// <summary>Bytes of each image.</summary>
    public IReadOnlyDictionary<Digest, ImageSpace> Each()
    {
        IReadOnlyList<Image> images = store.List();
        Dictionary<string, int> users = [];
        foreach (string part in images.SelectMany(i => Parts(i).Keys))
            users[part] = users.GetValueOrDefault(part) + 1;
        return images.ToDictionary(i => i.Id, i =>
        {
            Dictionary<string, long> parts = Parts(i);
            return new ImageSpace(parts.Values.Sum(), parts.Where(p => users[p.Key] > 1).Sum(p => p.Value));
        });
    }

    private Dictionary<string, long> Parts(Image image)
    {
        var reached = new HashSet<Digest>();
        foreach (Reference name in image.Digests)
            ContentReach.Add(store.Content, name.Digest!, reached);
        reached.UnionWith(image.Layers.Select(l => l.Digest).Append(image.Manifest.Digest).Append(image.ConfigBlob.Digest));
        var parts = reached.ToDictionary(d => $"blob {d}", Blob);
        foreach (Digest chain in image.ChainIds)
        {
            if (store.Snapshots.TryGet(chain, out Snapshot? snapshot))
                parts[$"layer {chain}"] = Layer(snapshot);
        }
        return parts;
    }

    private long Blob(Digest digest) => store.Content.DiskBytes(digest);

    private long Layer(Snapshot snapshot) => _walked.GetOrAdd(snapshot.Directory, path =>
    {
        if (Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, Path.GetDirectoryName(path)!, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0, out FileDescriptor opened) != Errno.None)
            return 0;
        using FileDescriptor directory = opened;
        return TreeUsage.Of(directory);
    });
}
