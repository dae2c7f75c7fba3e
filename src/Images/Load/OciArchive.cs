using System.Runtime.InteropServices;
using Tare.Errors;
using Tare.Images.Attestations;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Load;

/// <summary>An OCI image layout in a tar: index.json leads to manifests, perhaps through indexes for several platforms. Stateless.</summary>
internal static class OciArchive
{
    private const int MaxDepth = 4;

    /// <summary>The images for this machine's platform, with the names from the index or, when it has none, from manifest.json.</summary>
    public static IReadOnlyList<ArchiveImage> Find(ArchiveContent archive, byte[] indexJson, ContentStore store, ContentLease lease)
    {
        var names = DockerNames(archive);
        var images = new Dictionary<Digest, (Descriptor Manifest, HashSet<Reference> Names, Digest? Index)>();
        foreach (Descriptor top in ImageDocuments.ParseIndex(indexJson).Manifests)
        {
            if (Select(archive, store, lease, top, 0) is not { } manifest)
                continue;
            Digest config = ImageDocuments.ReadManifest(store, manifest.Digest).Config.Digest;
            if (!images.TryGetValue(config, out var image))
                images[config] = image = (manifest, [], MediaTypes.IsIndex(top.MediaType) && ImageAttestations.Has(store.ReadAll(top.Digest), manifest.Digest) ? top.Digest : null);
            image.Names.UnionWith(Name(top) is { } name ? [name] : names.GetValueOrDefault(config) ?? []);
        }
        return images.Count > 0
            ? [.. images.Values.Select(i => new ArchiveImage(i.Manifest, [.. i.Names], i.Index))]
            : throw TareException.NotFound($"the archive holds no image for linux/{Architecture}");
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static Descriptor? Select(ArchiveContent archive, ContentStore store, ContentLease lease, Descriptor descriptor, int depth)
    {
        if (depth > MaxDepth)
            throw TareException.Invalid("broken image archive: indexes nested too deeply");
        if (MediaTypes.IsManifest(descriptor.MediaType))
            return Plain(Present(archive, lease, descriptor));
        if (!MediaTypes.IsIndex(descriptor.MediaType))
            return null;
        ImageIndex index = ImageDocuments.ParseIndex(store.ReadAll(Present(archive, lease, descriptor).Digest));
        // An attestation is a manifest of platform unknown/unknown; a child that the archive does not hold is another platform's.
        return index.Manifests
            .Where(m => m.Annotations?.ContainsKey(ImageAnnotations.ReferenceType) != true && Suits(m.Platform) && archive.TryBlob(m.Digest, out _))
            .Select(m => Select(archive, store, lease, m, depth + 1))
            .FirstOrDefault(m => m is not null);
    }

    private static bool Suits(Platform? platform) => platform is null || (platform.Os == "linux" && platform.Architecture == Architecture);

    private static Descriptor Present(ArchiveContent archive, ContentLease lease, Descriptor descriptor)
    {
        if (descriptor.Digest.Algorithm != "sha256")
            throw new TareException(ErrorKind.NotSupported, $"content by {descriptor.Digest.Algorithm} digest is not supported: {descriptor.Digest}");
        return archive.TryBlob(descriptor.Digest, out _) || lease.TryUse(descriptor.Digest)
            ? descriptor : throw TareException.Invalid($"broken image archive: it names {descriptor.Digest}, which it does not hold");
    }

    private static Descriptor Plain(Descriptor manifest) => new() { MediaType = manifest.MediaType, Digest = manifest.Digest, Size = manifest.Size };

    // ref.name is a mere tag in most layouts; a whole name only when it says so.
    private static Reference? Name(Descriptor top)
    {
        if (top.Annotations is null)
            return null;
        string? full = top.Annotations.GetValueOrDefault(ImageAnnotations.FullName);
        if (full is null && top.Annotations.GetValueOrDefault(ImageAnnotations.RefName) is { } name && (name.Contains(':', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal)))
            full = name;
        return full is null ? null
            : Reference.Parse(full) is { Tag: not null, Digest: null } reference ? reference
            : throw TareException.Invalid($"invalid name \"{full}\" in the image archive");
    }

    private static Dictionary<Digest, IReadOnlyList<Reference>> DockerNames(ArchiveContent archive)
    {
        var names = new Dictionary<Digest, IReadOnlyList<Reference>>();
        if (archive.Document("manifest.json") is { } json)
        {
            foreach (DockerArchiveImage entry in ImageJson.Parse(json, ImageJson.Default.DockerArchiveImageArray, "manifest.json"))
                names[archive.File(entry.Config).Digest] = DockerArchive.Names(entry.RepoTags);
        }
        return names;
    }
}
