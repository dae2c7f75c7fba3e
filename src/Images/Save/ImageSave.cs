using Tare.Archive.Compression;
using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Images.Attestations;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Save;

/// <summary>
/// docker save: one tar that is an OCI image layout and, through manifest.json, a Docker archive. Prepared first, so that an unknown name fails
/// before any byte is sent; holds the blobs until disposed.
/// </summary>
public sealed class ImageSave : IDisposable
{
    private readonly ImageStore _store;
    private readonly ContentLease _lease;
    private readonly List<SavedImage> _images = [];

    private ImageSave(ImageStore store)
    {
        _store = store;
        _lease = store.Content.Lease();
    }

    /// <summary>Finds the images; a repository without a tag means all its tags, an id means an image without names.</summary>
    public static ImageSave Prepare(ImageStore store, IReadOnlyList<string> names)
    {
        var save = new ImageSave(store);
        try
        {
            foreach (string name in names)
                save.Add(name);
            return save;
        }
        catch
        {
            save.Dispose();
            throw;
        }
    }

    /// <summary>Writes the archive.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancel = default) => BlockingStream.RunAsync(output, stream =>
    {
        using var buffered = new BufferedStream(stream, 256 * 1024);
        Write(new TarWriter(buffered), cancel);
        buffered.Flush();
        return true;
    }, cancel);

    /// <inheritdoc/>
    public void Dispose() => _lease.Dispose();

    private void Add(string text)
    {
        bool bare = !Digest.TryParse(text, out _) && Reference.TryParse(text, defaultTag: false, out Reference? reference) && reference is { Tag: null, Digest: null };
        string repository = bare ? Reference.ParseBare(text).Repository : "";
        List<Image> all = bare ? [.. _store.List().Where(i => i.Tags.Any(t => t.Repository == repository))] : [];
        if (all.Count > 0)
        {
            foreach (Image image in all)
                Add(image, image.Tags.Where(t => t.Repository == repository));
            return;
        }
        Image found = _store.Resolve(text);
        Add(found, _store.NameOf(text) is { Tag: not null } name ? [name] : []);
    }

    private void Add(Image image, IEnumerable<Reference> names)
    {
        int place = _images.FindIndex(i => i.Image.Id == image.Id);
        if (place < 0)
        {
            place = _images.Count;
            _images.Add(SavedImage.Of(_store, image));
            foreach (Digest digest in _images[place].Blobs)
            {
                if (!_lease.TryUse(digest))
                    throw TareException.NotFound($"content {digest} of image {image.Id.Short} is not in the store");
            }
        }
        _images[place].Names.AddRange(names.Except(_images[place].Names));
    }

    private void Write(TarWriter tar, CancellationToken cancel)
    {
        var named = _images.Select(i => i.Image with { Tags = i.Names }).ToList();
        tar.WriteFile("oci-layout", ImageJson.Bytes(new ImageLayout { ImageLayoutVersion = ImageLayout.CurrentVersion }, ImageJson.Default.ImageLayout));
        // Statements about an image hang on the index that it came in; who reads the archive finds the image through it as well.
        var tops = _images.Select(i => i.Image with { Tags = i.Names, Manifest = i.Top });
        tar.WriteFile("index.json", ImageJson.Bytes(ImageDocuments.Layout(tops), ImageJson.Default.ImageIndex));
        tar.WriteFile("manifest.json", ImageJson.Bytes(named.Select(ArchiveEntry).ToArray(), ImageJson.Default.DockerArchiveImageArray));
        if (named.Any(i => i.Tags.Count > 0 && i.Layers.Count > 0))
            tar.WriteFile("repositories", ImageJson.Bytes(Repositories(named), ImageJson.Default.DockerRepositories));
        tar.Begin(new TarEntry { Type = TarEntryType.Directory, Name = "blobs/", Mode = 0x1ed });
        tar.Begin(new TarEntry { Type = TarEntryType.Directory, Name = "blobs/sha256/", Mode = 0x1ed });
        byte[] buffer = new byte[256 * 1024];
        foreach (Digest digest in _images.SelectMany(i => i.Blobs).Distinct())
            WriteBlob(tar, digest, buffer, cancel);
        tar.End();
    }

    private void WriteBlob(TarWriter tar, Digest digest, byte[] buffer, CancellationToken cancel)
    {
        using Stream blob = _store.Content.OpenRead(digest);
        tar.Begin(new TarEntry { Type = TarEntryType.File, Name = PathOf(digest), Size = blob.Length, Mode = 0x1a4 });
        while (blob.Read(buffer) is var read and > 0)
        {
            cancel.ThrowIfCancellationRequested();
            tar.WriteContent(buffer.AsSpan(0, read));
        }
    }

    private static DockerArchiveImage ArchiveEntry(Image image) => new()
    {
        Config = PathOf(image.ConfigBlob.Digest),
        RepoTags = image.Tags.Count == 0 ? null : [.. image.RepoTags],
        Layers = [.. image.Layers.Select(l => PathOf(l.Digest))],
    };

    // Docker before 1.10 looked names up here; some tools still read it.
    private static Dictionary<string, Dictionary<string, string>> Repositories(IEnumerable<Image> images)
    {
        var repositories = new Dictionary<string, Dictionary<string, string>>();
        foreach (Image image in images.Where(i => i.Layers.Count > 0))
        {
            foreach (Reference name in image.Tags)
            {
                if (!repositories.TryGetValue(name.FamiliarRepository, out Dictionary<string, string>? tags))
                    repositories[name.FamiliarRepository] = tags = [];
                tags[name.Tag!] = image.Layers[^1].Digest.Hex;
            }
        }
        return repositories;
    }

    private static string PathOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>An image of the archive: its names there, what index.json names, and its blobs.</summary>
    private sealed record SavedImage(Image Image, List<Reference> Names, Descriptor Top, IReadOnlyList<Digest> Blobs)
    {
        public static SavedImage Of(ImageStore store, Image image)
        {
            Digest[] blobs = [image.Manifest.Digest, image.ConfigBlob.Digest, .. image.Layers.Select(l => l.Digest)];
            return ImageAttestations.Bundle(store, image) is { } bundle
                ? new SavedImage(image, [], bundle.Index, [.. blobs, .. bundle.Blobs])
                : new SavedImage(image, [], image.Manifest, blobs);
        }
    }
}
