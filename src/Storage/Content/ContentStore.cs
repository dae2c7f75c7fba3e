using Microsoft.Win32.SafeHandles;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Storage.Content;

/// <summary>
/// Blobs by digest in a directory that is a valid OCI image layout. A blob appears whole and verified or not at all. Blobs under a
/// <see cref="ContentLease"/> are not collected. Thread-safe.
/// </summary>
public sealed class ContentStore
{
    private static readonly string[] Algorithms = ["sha256", "sha512"];

    private readonly string _root;
    private readonly string _ingest;
    private readonly Dictionary<Digest, int> _leased = [];
    private readonly List<Func<Digest, bool>> _holders = [];
    private readonly HashSet<Digest> _partial = [];
    private readonly Lock _lock = new();

    private ContentStore(string root)
    {
        _root = root;
        _ingest = Path.Combine(root, "ingest");
    }

    private const string PartialSuffix = ".partial";

    /// <summary>How long a blob that nobody goes on with stays in the ingest directory.</summary>
    private static readonly TimeSpan PartialAge = TimeSpan.FromDays(1);

    /// <summary>Opens or makes the layout; what an earlier process left half-written is removed, but for downloads that can be resumed.</summary>
    public static ContentStore Open(string root)
    {
        var store = new ContentStore(root);
        Directories.MakePrivate(root);
        Directories.MakePrivate(Path.Combine(root, "blobs"));
        foreach (string algorithm in Algorithms)
            Directories.MakePrivate(Path.Combine(root, "blobs", algorithm));
        Directories.MakePrivate(store._ingest);
        foreach (string left in Directory.EnumerateFiles(store._ingest))
        {
            if (!left.EndsWith(PartialSuffix, StringComparison.Ordinal) || File.GetLastWriteTimeUtc(left) < DateTime.UtcNow - PartialAge)
                File.Delete(left);
        }
        if (!File.Exists(Path.Combine(root, "oci-layout")))
            store.WriteFile("oci-layout", ImageJson.Bytes(new ImageLayout { ImageLayoutVersion = ImageLayout.CurrentVersion }, ImageJson.Default.ImageLayout));
        if (!File.Exists(Path.Combine(root, "index.json")))
            store.WriteIndex(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [] });
        return store;
    }

    /// <summary>Protects what is written or used through it until it is disposed.</summary>
    public ContentLease Lease() => new(this);

    /// <summary>True when the blob is there.</summary>
    public bool Contains(Digest digest) => File.Exists(PathOf(digest));

    /// <summary>Size of a blob in bytes, or null when it is not there.</summary>
    public long? SizeOf(Digest digest) => new FileInfo(PathOf(digest)) is { Exists: true } file ? file.Length : null;

    /// <summary>Opens a blob for reading; a missing one is NotFound.</summary>
    public Stream OpenRead(Digest digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 128 * 1024, FileOptions.SequentialScan);
        }
        catch (FileNotFoundException e)
        {
            throw new TareException(ErrorKind.NotFound, $"content {digest} is not in the store", e);
        }
    }

    /// <summary>As <see cref="OpenRead"/>, for reads at offsets and for sending a blob without copying it.</summary>
    public SafeFileHandle OpenHandle(Digest digest)
    {
        try
        {
            return File.OpenHandle(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
        }
        catch (FileNotFoundException e)
        {
            throw new TareException(ErrorKind.NotFound, $"content {digest} is not in the store", e);
        }
    }

    /// <summary>A small blob as bytes; one that is larger than the limit is InvalidArgument.</summary>
    public byte[] ReadAll(Digest digest, int limit = 8 << 20)
    {
        using Stream blob = OpenRead(digest);
        if (blob.Length > limit)
            throw TareException.Invalid($"content {digest} has {blob.Length} bytes, more than the {limit} a document may have");
        byte[] content = new byte[blob.Length];
        blob.ReadExactly(content);
        return content;
    }

    /// <summary>All blobs, in no order.</summary>
    public IReadOnlyList<Digest> All() =>
        [.. Algorithms.SelectMany(a => Directory.EnumerateFiles(Path.Combine(_root, "blobs", a))
            .Select(f => Digest.TryParse($"{a}:{Path.GetFileName(f)}", out Digest? d) ? d : null).OfType<Digest>())];

    /// <summary>
    /// Says that another owner of blobs shares the store: what it claims is not deleted. The question is asked under the store's lock and may read the
    /// database; so inside a transaction nobody calls the store. A blob is leased first and recorded then.
    /// </summary>
    public void AddHolder(Func<Digest, bool> holds)
    {
        lock (_lock)
            _holders.Add(holds);
    }

    /// <summary>Bytes that a blob takes on disk; 0 when it is not there.</summary>
    public long DiskBytes(Digest digest) =>
        Stat.TryOf(FileDescriptor.CurrentDirectory, PathOf(digest), out FileStatus status) == Errno.None ? (long)status.Blocks * 512 : 0;

    /// <summary>Removes a blob that was found damaged, whoever needs it: what it should be can be stored again then.</summary>
    public void Discard(Digest damaged)
    {
        lock (_lock)
            File.Delete(PathOf(damaged));
    }

    /// <summary>Removes a blob unless a lease protects it or a holder claims it; false when it stays.</summary>
    public bool Delete(Digest digest)
    {
        lock (_lock)
        {
            if (_leased.ContainsKey(digest) || _holders.Exists(holds => holds(digest)))
                return false;
            File.Delete(PathOf(digest));
            return true;
        }
    }

    /// <summary>Bytes in the ingest directory, and how many downloads they belong to.</summary>
    public (int Count, long Bytes) Partials()
    {
        List<FileInfo> files = [.. new DirectoryInfo(_ingest).EnumerateFiles("*" + PartialSuffix)];
        return (files.Count, files.Sum(f => f.Length));
    }

    /// <summary>Removes downloads that nobody goes on with; returns the bytes freed.</summary>
    public long DropPartials()
    {
        long freed = 0;
        lock (_lock)
        {
            foreach (FileInfo file in new DirectoryInfo(_ingest).EnumerateFiles("*" + PartialSuffix))
            {
                if (Digest.TryFromHex(file.Name[..^PartialSuffix.Length], out Digest? digest) && _partial.Contains(digest))
                    continue;
                freed += file.Length;
                file.Delete();
            }
        }
        return freed;
    }

    /// <summary>Replaces index.json, for other tools that read the layout; Tare's own truth is the database.</summary>
    public void WriteIndex(ImageIndex index) => WriteFile("index.json", ImageJson.Bytes(index, ImageJson.Default.ImageIndex));

    internal string NewIngestPath() => Path.Combine(_ingest, Guid.NewGuid().ToString("N"));

    /// <summary>Opens what has arrived of a blob, or begins it; Conflict when another writer has it open.</summary>
    internal PartialBlob OpenPartial(Digest digest, long size, ContentLease lease)
    {
        if (digest.Algorithm != "sha256")
            throw new TareException(ErrorKind.NotSupported, $"content by {digest.Algorithm} digest is not supported: {digest}");
        lock (_lock)
        {
            if (!_partial.Add(digest))
                throw TareException.Conflict($"content {digest} is being written by somebody else");
        }
        try
        {
            return new PartialBlob(this, lease, Path.Combine(_ingest, digest.Hex + PartialSuffix), digest, size);
        }
        catch (Exception e)
        {
            lock (_lock)
                _ = _partial.Remove(digest);
            if (e is IOException io)
                throw IngestStream.Translate(io);
            throw;
        }
    }

    internal void Close(PartialBlob blob, bool keep)
    {
        lock (_lock)
        {
            if (!keep)
                File.Delete(blob.FilePath);
            _ = _partial.Remove(blob.Digest);
        }
    }

    /// <summary>Puts a complete file in place and leases it; one that exists already wins.</summary>
    internal void Publish(string ingested, Digest digest, ContentLease lease)
    {
        lock (_lock)
        {
            Protect(digest, lease);
            if (File.Exists(PathOf(digest)))
                File.Delete(ingested);
            else
                File.Move(ingested, PathOf(digest));
        }
    }

    internal void Protect(Digest digest, ContentLease lease)
    {
        lock (_lock)
        {
            if (lease.Add(digest))
                _leased[digest] = _leased.GetValueOrDefault(digest) + 1;
        }
    }

    internal void Unprotect(IEnumerable<Digest> digests)
    {
        lock (_lock)
        {
            foreach (Digest digest in digests)
            {
                if (--_leased[digest] == 0)
                    _ = _leased.Remove(digest);
            }
        }
    }

    private string PathOf(Digest digest) => Path.Combine(_root, "blobs", digest.Algorithm, digest.Hex);

    private void WriteFile(string name, byte[] content)
    {
        string temporary = NewIngestPath();
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, Path.Combine(_root, name), overwrite: true);
        }
        catch (IOException e)
        {
            File.Delete(temporary);
            throw IngestStream.Translate(e);
        }
    }
}
