using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Tare.Errors;
using Tare.Images.Pull;
using Tare.Images.Records;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;
using Tare.Storage.Metadata;
using Tare.Storage.Snapshots;

namespace Tare.Images;

/// <summary>
/// All images of an engine: finds, tags and unpacks them; the verbs beside this class add and remove them. Reads are served from an immutable
/// catalog without a lock or a disk access. Thread-safe.
/// </summary>
public sealed class ImageStore
{
    private readonly Database _database;
    private readonly RecordTable _images;
    private readonly RecordTable _tags;
    private readonly RecordTable _digests;
    private readonly string _emptyDirectory;
    private readonly ConcurrentDictionary<Digest, Task<ImageRootfs>> _rootfs = new();
    private readonly Lock _lock = new();
    private volatile ImageCatalog _catalog;
    private int _adding;
    private bool _collectLater;
    private volatile HashSet<Digest>? _held;
    private int _changes;

    private ImageStore(string dataRoot, Database database, int downloads)
    {
        _database = database;
        _images = database.Table("images");
        _tags = database.Table("image_tags");
        _digests = database.Table("image_digests");
        Forms = new LayerForms(database);
        Pulls = new PullRecords(database);
        _emptyDirectory = Path.Combine(dataRoot, "empty");
        Content = ContentStore.Open(Path.Combine(dataRoot, "content"));
        Snapshots = SnapshotStore.Open(Path.Combine(dataRoot, "snapshots"), database);
        Transfers = new BlobTransfers(Content, downloads);
        _catalog = ReadCatalog();
    }

    /// <summary>Blobs, at &lt;data root&gt;/content.</summary>
    public ContentStore Content { get; }

    /// <summary>Unpacked layers, at &lt;data root&gt;/snapshots.</summary>
    public SnapshotStore Snapshots { get; }

    /// <summary>Downloads that run.</summary>
    internal BlobTransfers Transfers { get; }

    /// <summary>Pulls that have not ended well.</summary>
    internal PullRecords Pulls { get; }

    /// <summary>Compressed forms of layers, and where they are.</summary>
    internal LayerForms Forms { get; }

    /// <summary>Opens the images below a data root; drops what a dead process left without a record.</summary>
    /// <param name="dataRoot">Directory with content and snapshots.</param>
    /// <param name="database">Where the records are.</param>
    /// <param name="downloads">How many blobs are downloaded at a time.</param>
    /// <param name="otherHolder">Says which blobs somebody else claims, a registry for example; known before anything is collected.</param>
    public static ImageStore Open(string dataRoot, Database database, int downloads = 3, Func<Digest, bool>? otherHolder = null)
    {
        var store = new ImageStore(dataRoot, database, downloads);
        store.Content.AddHolder(store.Holds);
        if (otherHolder is not null)
            store.Content.AddHolder(otherHolder);
        _ = Directory.CreateDirectory(store._emptyDirectory);
        _ = store.Collect();
        return store;
    }

    /// <summary>All images, in no order.</summary>
    public IReadOnlyList<Image> List() => _catalog.Images;

    /// <summary>Finds an image by name, name with digest, id or id prefix; else NotFound in Docker's words.</summary>
    public Image Resolve(string nameOrId) => TryResolve(nameOrId, out Image? image) ? image : throw NoSuchImage(nameOrId);

    /// <summary>As <see cref="Resolve"/>; a malformed name or an ambiguous prefix is still an exception.</summary>
    public bool TryResolve(string nameOrId, [NotNullWhen(true)] out Image? image)
    {
        image = _catalog.Find(nameOrId);
        return image is not null;
    }

    /// <summary>The image with this id.</summary>
    public bool TryGet(Digest id, [NotNullWhen(true)] out Image? image) => _catalog.TryGet(id, out image);

    /// <summary>Gives an image a name, taking it from the image that has it now. Returns the image with its new names.</summary>
    public Image Tag(Digest id, Reference reference)
    {
        if (reference.Digest is not null || reference.Tag is null)
            throw TareException.Invalid("refusing to create a tag with a digest reference");
        lock (_lock)
        {
            if (!_catalog.TryGet(id, out Image? image))
                throw NoSuchImage(id.ToString());
            Image tagged = image with { LastTagged = DateTimeOffset.UtcNow };
            var names = new Dictionary<string, Digest>(_catalog.Names) { [reference.ToString()] = id };
            using (Transaction transaction = _database.Begin())
            {
                _images.Put(id.ToString(), RecordOf(tagged), ImageRecordJson.Default.ImageRecord);
                _tags.Put(reference.ToString(), id, ImageRecordJson.Default.Digest);
                transaction.Commit();
            }
            Publish(_catalog.Images.Select(i => i.Id == id ? tagged : i), names, _catalog.Digests);
            return _catalog.TryGet(id, out image) ? image : throw NoSuchImage(id.ToString());
        }
    }

    /// <summary>Gives an image the name it has in a registry: the tag, when there is one, and the digest. Returns it with its new names.</summary>
    public Image Name(Digest id, Reference reference, Digest digest)
    {
        Image image = reference is { Digest: null, Tag: not null } ? Tag(id, reference) : _catalog.TryGet(id, out Image? found) ? found : throw NoSuchImage(id.ToString());
        string name = reference.WithDigest(digest).ToString();
        lock (_lock)
        {
            if (!_catalog.TryGet(id, out _))
                throw NoSuchImage(id.ToString());
            _digests.Put(name, id, ImageRecordJson.Default.Digest);
            Publish(_catalog.Images, _catalog.Names, new Dictionary<string, Digest>(_catalog.Digests) { [name] = id });
            return _catalog.TryGet(id, out Image? named) ? named : image;
        }
    }

    /// <summary>
    /// The directories of an image's layers, unpacking those that are not. An image used before is answered from memory.
    /// </summary>
    public Task<ImageRootfs> EnsureUnpackedAsync(Image image, CancellationToken cancel = default)
    {
        Admission?.Invoke(image);
        return _rootfs.TryGetValue(image.Id, out Task<ImageRootfs>? known) ? known : UnpackAsync(image, cancel);
    }

    /// <summary>Asked before an image's layers are given out to be run; throws when it may not be. Set while wiring.</summary>
    public Action<Image>? Admission { get; set; }

    internal static TareException NoSuchImage(string text) => TareException.NotFound(
        $"No such image: {(!Digest.TryParse(text, out _) && Reference.TryParse(text, true, out Reference? r) ? r.Familiar : text)}");

    internal Reference? NameOf(string text) => _catalog.NameOf(text);

    /// <summary>Drops what pulls that have not ended well have left, unless one runs.</summary>
    public void DropBroken()
    {
        lock (_lock)
        {
            if (_adding > 0)
                return;
            Pulls.Clear();
            // What they needed was remembered as held.
            ForgetHeld();
            _ = Content.DropPartials();
            _ = Collect();
        }
    }

    /// <summary>Forgets where layers are: one has another directory now.</summary>
    internal void ForgetRootfs() => _rootfs.Clear();

    /// <summary>While the result is not disposed, nothing is collected: blobs and snapshots that no record names yet are safe.</summary>
    internal Adding BeginAdding()
    {
        // Under the lock, so that a collection that runs has ended.
        lock (_lock)
            _adding++;
        return new Adding(this);
    }

    /// <summary>Unpacks the layers of an image whose blobs are stored and records it; an image that exists already keeps its record.</summary>
    internal async Task<Image> AddAsync(Descriptor manifest, Digest? parent, CancellationToken cancel)
    {
        Image image = ImageDocuments.Read(Content, manifest) with { Parent = parent, LastTagged = DateTimeOffset.UtcNow };
        ImageRootfs rootfs = await UnpackAsync(image, cancel);
        image = image with { LayerSizes = [.. image.ChainIds.Select(c => Snapshots.TryGet(c, out Snapshot? s) ? s.FileBytes : 0)] };
        lock (_lock)
        {
            if (_catalog.TryGet(image.Id, out Image? existing))
                return existing;
            _rootfs[image.Id] = Task.FromResult(rootfs with { Image = image });
            _images.Put(image.Id.ToString(), RecordOf(image), ImageRecordJson.Default.ImageRecord);
            Publish(_catalog.Images.Append(image), _catalog.Names, _catalog.Digests);
        }
        return image;
    }

    /// <summary>Takes names from images and removes the records of the given ones, at once.</summary>
    internal void Forget(IReadOnlyCollection<Reference> names, Digest? id)
    {
        lock (_lock)
        {
            var left = names.Select(n => n.ToString()).ToHashSet();
            var stay = _catalog.Names.Where(n => !left.Contains(n.Key)).ToDictionary();
            var digests = _catalog.Digests.Where(d => d.Value != id && !IsLast(d, names, stay)).ToDictionary();
            using (Transaction transaction = _database.Begin())
            {
                foreach (Reference name in names)
                    _ = _tags.Delete(name.ToString());
                foreach (string name in _catalog.Digests.Keys.Where(d => !digests.ContainsKey(d)))
                    _ = _digests.Delete(name);
                if (id is not null)
                    _ = _images.Delete(id.ToString());
                transaction.Commit();
            }
            Publish(_catalog.Images.Where(i => i.Id != id), stay, digests);
            if (id is not null)
                _ = _rootfs.TryRemove(id, out _);
        }
    }

    /// <summary>Removes blobs and snapshots that no image, holder or running operation needs; while something is being added, later.</summary>
    internal IReadOnlyList<Snapshot> Collect()
    {
        lock (_lock)
        {
            _collectLater = _adding > 0;
            if (_collectLater)
                return [];
            IReadOnlyList<Image> images = _catalog.Images;
            HashSet<Digest> needed = Needed();
            foreach (Digest blob in Content.All().Where(b => !needed.Contains(b)))
                _ = Content.Delete(blob);
            return Snapshots.Collect(images.Select(i => i.TopChain).OfType<Digest>().Concat(Pulls.Chains()));
        }
    }

    /// <summary>Every blob that images, registries' names for them and pulls that may be gone on with lead to.</summary>
    private HashSet<Digest> Needed()
    {
        HashSet<Digest> needed = [.. Pulls.Needed()];
        foreach (Image image in _catalog.Images)
            needed.UnionWith(image.Layers.Select(l => l.Digest).Append(image.Manifest.Digest).Append(image.ConfigBlob.Digest));
        foreach (string name in _catalog.Digests.Keys)
            ContentReach.Add(Content, Reference.ParseBare(name).Digest!, needed);
        return needed;
    }

    // Asked under the content store's lock, also by other owners of blobs there. What is added is seen by the one or by the other.
    private bool Holds(Digest digest) => Volatile.Read(ref _adding) > 0 || Held().Contains(digest);

    private HashSet<Digest> Held()
    {
        while (true)
        {
            if (_held is { } known)
                return known;
            int changes = Volatile.Read(ref _changes);
            HashSet<Digest> needed = Needed();
            _held = needed;
            if (changes == Volatile.Read(ref _changes))
                return needed;
            _held = null;
        }
    }

    private void ForgetHeld()
    {
        _ = Interlocked.Increment(ref _changes);
        _held = null;
    }

    // A registry's digest goes with the last tag of its repository.
    private static bool IsLast(KeyValuePair<string, Digest> digest, IReadOnlyCollection<Reference> gone, Dictionary<string, Digest> stay)
    {
        string repository = digest.Key[..digest.Key.IndexOf('@', StringComparison.Ordinal)];
        return gone.Any(g => g.Repository == repository) && !stay.Any(n => n.Value == digest.Value && Reference.ParseBare(n.Key).Repository == repository);
    }

    private async Task<ImageRootfs> UnpackAsync(Image image, CancellationToken cancel)
    {
        using Adding adding = BeginAdding();
        for (int i = 0; i < image.Layers.Count; i++)
        {
            Digest blob = image.Layers[i].Digest;
            _ = await Snapshots.EnsureAsync(i == 0 ? null : image.ChainIds[i - 1], image.DiffIds[i], () => Content.OpenRead(blob), cancel);
        }
        IReadOnlyList<string> lowers = image.TopChain is null ? [_emptyDirectory] : Snapshots.LowerDirectories(image.TopChain);
        var rootfs = new ImageRootfs(image, image.TopChain, lowers);
        if (_catalog.TryGet(image.Id, out _))
            _rootfs[image.Id] = Task.FromResult(rootfs);
        return rootfs;
    }

    private void EndAdding()
    {
        lock (_lock)
        {
            ForgetHeld();
            if (--_adding == 0 && _collectLater)
                _ = Collect();
        }
    }

    private void Publish(IEnumerable<Image> images, IReadOnlyDictionary<string, Digest> names, IReadOnlyDictionary<string, Digest> digests)
    {
        var catalog = new ImageCatalog(images, names, digests);
        _catalog = catalog;
        ForgetHeld();
        Content.WriteIndex(ImageDocuments.Layout(catalog.Images));
    }

    private ImageCatalog ReadCatalog()
    {
        var images = new List<Image>();
        foreach ((string id, ImageRecord record) in _images.All(ImageRecordJson.Default.ImageRecord))
        {
            try
            {
                Image image = ImageDocuments.Read(Content, record.Manifest);
                images.Add(image with { LayerSizes = record.LayerSizes, Parent = record.Parent, LastTagged = record.LastTagged });
            }
            catch (TareException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.InvalidArgument)
            {
                // Its documents are gone or damaged, so it can not be used; it can be loaded again.
                _ = _images.Delete(id);
            }
        }
        return new ImageCatalog(images, _tags.All(ImageRecordJson.Default.Digest).ToDictionary(), _digests.All(ImageRecordJson.Default.Digest).ToDictionary());
    }

    private static ImageRecord RecordOf(Image image) =>
        new() { Manifest = image.Manifest, LayerSizes = [.. image.LayerSizes], Parent = image.Parent, LastTagged = image.LastTagged };

    /// <summary>One operation that adds content; see <see cref="BeginAdding"/>.</summary>
    internal sealed class Adding(ImageStore store) : IDisposable
    {
        private int _disposed;

        /// <summary>When the operation failed: have what it left collected.</summary>
        public void CollectAtEnd() => Volatile.Write(ref store._collectLater, true);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                store.EndAdding();
        }
    }
}
