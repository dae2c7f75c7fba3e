using System.Diagnostics.CodeAnalysis;
using Tare.Archive.Compression;
using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Load;

/// <summary>
/// An image archive after it was read once: the few documents with fixed names in memory, everything else in the content store, findable by its
/// name in the archive. Bounded in memory whatever the archive holds.
/// </summary>
internal sealed class ArchiveContent
{
    private const int MaxDocument = 8 << 20;
    private const int MaxEntries = 50_000;

    private static readonly string[] DocumentNames = ["manifest.json", "index.json", "oci-layout", "repositories"];

    private readonly Dictionary<string, byte[]> _documents = [];
    private readonly Dictionary<string, Descriptor> _files = [];
    private readonly Dictionary<string, string> _links = [];

    /// <summary>Reads the archive to its end, putting files under the lease.</summary>
    public static ArchiveContent Read(Stream archive, ContentLease lease, CancellationToken cancel)
    {
        using Stream plain = Decompression.Open(archive);
        using var buffered = new BufferedStream(plain, 256 * 1024);
        var reader = new TarReader(buffered);
        var content = new ArchiveContent();
        while (reader.Next() is { } entry)
        {
            cancel.ThrowIfCancellationRequested();
            content.Add(entry, reader, lease);
        }
        reader.Drain();
        return content;
    }

    /// <summary>A document at the top of the archive, or null.</summary>
    public byte[]? Document(string name) => _documents.GetValueOrDefault(name);

    /// <summary>The blob that a file of the archive became; links within the archive are followed.</summary>
    public Descriptor File(string name)
    {
        string path = EntryPath.Normalise(name);
        for (int hops = 0; hops < 8 && _links.TryGetValue(path, out string? target); hops++)
            path = target;
        return _files.TryGetValue(path, out Descriptor? blob) ? blob : throw TareException.Invalid($"broken image archive: it names {name}, which it does not hold");
    }

    /// <summary>True when a blob is in the archive under its digest.</summary>
    public bool TryBlob(Digest digest, [NotNullWhen(true)] out Descriptor? blob) => _files.TryGetValue($"blobs/{digest.Algorithm}/{digest.Hex}", out blob);

    private void Add(TarEntry entry, TarReader reader, ContentLease lease)
    {
        string path = EntryPath.Normalise(entry.Name);
        if (entry.Type == TarEntryType.Symlink)
            Link(path, EntryPath.Split(path).Parent + "/" + entry.LinkName);
        else if (entry.Type == TarEntryType.HardLink)
            Link(path, entry.LinkName);
        else if (entry.Type == TarEntryType.File && DocumentNames.Contains(path))
            _documents[path] = reader.ReadAll(MaxDocument, path);
        else if (entry.Type == TarEntryType.File)
            _files[path] = Ingest(path, entry.Size, reader, lease);
        if (_files.Count + _links.Count > MaxEntries)
            throw TareException.Invalid($"broken image archive: more than {MaxEntries} files; use import for a root file system");
    }

    private void Link(string path, string target)
    {
        var parts = new List<string>();
        foreach (string part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != "."))
        {
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else
                throw TareException.Invalid($"refused archive entry \"{path}\": a link out of the archive");
        }
        _links[path] = string.Join('/', parts);
    }

    private static Descriptor Ingest(string path, long size, TarReader reader, ContentLease lease)
    {
        using IngestStream ingest = lease.Ingest();
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            while (reader.Read(buffer) is var read and > 0)
                ingest.Write(buffer.AsSpan(0, read));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
        Digest? expected = path.StartsWith("blobs/sha256/", StringComparison.Ordinal)
            ? Digest.TryFromHex(path[13..], out Digest? named) ? named : throw TareException.Invalid($"broken image archive: {path} is not named by a digest")
            : null;
        return new Descriptor { Digest = ingest.Commit(expected), Size = size };
    }
}
