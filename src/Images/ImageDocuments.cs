using System.Text.Json;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images;

/// <summary>Reads and checks the documents of an image in the content store, and writes the layout's index. Stateless.</summary>
internal static class ImageDocuments
{
    private const int MaxLayers = 127;

    /// <summary>An image from its manifest; documents that contradict each other are InvalidArgument. Sizes and names are the caller's to add.</summary>
    public static Image Read(ContentStore content, Descriptor descriptor)
    {
        ImageManifest manifest = ReadManifest(content, descriptor.Digest);
        ImageConfig config = ImageJson.Parse(content.ReadAll(manifest.Config.Digest), ImageJson.Default.ImageConfig, "image config");
        Digest[] diffIds = config.Rootfs?.DiffIds ?? [];
        if (diffIds.Length != manifest.Layers.Length)
            throw TareException.Invalid($"invalid image: {manifest.Layers.Length} layers, but the config names {diffIds.Length}");
        if (diffIds.Length > MaxLayers)
            throw TareException.Invalid($"invalid image: {diffIds.Length} layers, more than the {MaxLayers} that are possible");
        foreach (Descriptor layer in manifest.Layers)
        {
            if (content.SizeOf(layer.Digest) is null)
                throw TareException.NotFound($"content {layer.Digest} is not in the store");
        }
        return new Image
        {
            Id = manifest.Config.Digest,
            Manifest = descriptor,
            ConfigBlob = manifest.Config,
            Layers = manifest.Layers,
            Config = config,
            DiffIds = diffIds,
            ChainIds = ChainId.OfAll(diffIds),
            LayerSizes = new long[diffIds.Length],
        };
    }

    /// <summary>A manifest; a document that is also an index is refused, as readers would disagree about what it is.</summary>
    public static ImageManifest ReadManifest(ContentStore content, Digest digest)
    {
        byte[] json = content.ReadAll(digest);
        RefuseProperty(json, "manifests", "image manifest");
        return ImageJson.Parse(json, ImageJson.Default.ImageManifest, "image manifest");
    }

    /// <summary>An index; a document that is also a manifest is refused.</summary>
    public static ImageIndex ParseIndex(byte[] json)
    {
        RefuseProperty(json, "layers", "image index");
        RefuseProperty(json, "config", "image index");
        return ImageJson.Parse(json, ImageJson.Default.ImageIndex, "image index");
    }

    /// <summary>Writes the manifest of an image whose config and layers are in the store.</summary>
    public static Descriptor WriteManifest(ContentLease lease, Descriptor config, Descriptor[] layers)
    {
        var manifest = new ImageManifest { MediaType = MediaTypes.OciManifest, Config = config, Layers = layers };
        byte[] json = ImageJson.Bytes(manifest, ImageJson.Default.ImageManifest);
        return new Descriptor { MediaType = MediaTypes.OciManifest, Digest = lease.Write(json), Size = json.Length };
    }

    /// <summary>Writes a config document.</summary>
    public static Descriptor WriteConfig(ContentLease lease, ImageConfig config)
    {
        byte[] json = ImageJson.Bytes(config, ImageJson.Default.ImageConfig);
        return new Descriptor { MediaType = MediaTypes.OciConfig, Digest = lease.Write(json), Size = json.Length };
    }

    /// <summary>The index of a layout with these images, one entry per name; the annotations are those that other tools look for.</summary>
    public static ImageIndex Layout(IEnumerable<Image> images) => new()
    {
        MediaType = MediaTypes.OciIndex,
        Manifests = [.. images.OrderBy(i => i.Id).SelectMany(i => i.Tags.Count == 0 ? [i.Manifest] : i.Tags.Select(t => Named(i.Manifest, t)))],
    };

    private static Descriptor Named(Descriptor manifest, Reference name) => manifest with
    {
        Annotations = new Dictionary<string, string>
        {
            [ImageAnnotations.FullName] = name.ToString(),
            [ImageAnnotations.RefName] = name.Tag ?? "",
        },
    };

    private static void RefuseProperty(byte[] json, string property, string document)
    {
        try
        {
            using var parsed = JsonDocument.Parse(json);
            if (parsed.RootElement.ValueKind == JsonValueKind.Object && parsed.RootElement.TryGetProperty(property, out _))
                throw TareException.Invalid($"invalid {document}: it also has \"{property}\"");
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"invalid {document}", e);
        }
    }
}

/// <summary>Annotations that carry names in an index.</summary>
internal static class ImageAnnotations
{
    public const string FullName = "io.containerd.image.name";
    public const string RefName = "org.opencontainers.image.ref.name";
    public const string ReferenceType = "vnd.docker.reference.type";
}
