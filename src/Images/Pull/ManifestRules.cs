using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images.Pull;

/// <summary>What a manifest from a registry must be before anything that it names is fetched. Pure.</summary>
internal static class ManifestRules
{
    private const int MaxLayers = 127;
    private const int MaxManifests = 1000;
    private const long MaxConfig = 8 << 20;
    private const long MaxLayer = 1L << 40;

    /// <summary>A manifest of one image; artifacts, foreign layers and absurd sizes are refused with the reason.</summary>
    public static ImageManifest Manifest(byte[] json, string what)
    {
        DocumentRules.Check(json, what);
        ImageManifest manifest = ImageJson.Parse(json, ImageJson.Default.ImageManifest, what);
        if (manifest.Config.MediaType is not (MediaTypes.OciConfig or MediaTypes.DockerConfig))
            throw new TareException(ErrorKind.NotSupported, $"{what}: not an image but an artifact of type {manifest.ArtifactType ?? manifest.Config.MediaType}");
        CheckSize(manifest.Config, MaxConfig, what);
        if (manifest.Layers.Length > MaxLayers)
            throw TareException.Invalid($"{what}: {manifest.Layers.Length} layers, more than the {MaxLayers} that are possible");
        foreach (Descriptor layer in manifest.Layers)
            CheckLayer(layer, what);
        return manifest;
    }

    /// <summary>An index of manifests.</summary>
    public static ImageIndex Index(byte[] json, string what)
    {
        DocumentRules.Check(json, what);
        ImageIndex index = ImageDocuments.ParseIndex(json);
        if (index.Manifests.Length > MaxManifests)
            throw TareException.Invalid($"{what}: {index.Manifests.Length} manifests, more than the {MaxManifests} an index may have");
        foreach (Descriptor manifest in index.Manifests)
            CheckSize(manifest, Distribution.Repositories.ManifestGet.MaxBytes, what);
        return index;
    }

    private static void CheckLayer(Descriptor layer, string what)
    {
        if (layer.MediaType.Contains("foreign", StringComparison.Ordinal) || layer.MediaType.Contains("nondistributable", StringComparison.Ordinal))
            throw new TareException(ErrorKind.NotSupported, $"{what}: its layer {layer.Digest.Short} is foreign, to be fetched from elsewhere: refused, as nobody vouches for that place");
        if (layer.MediaType is not (MediaTypes.OciLayer or MediaTypes.OciLayerGzip or MediaTypes.OciLayerZstd or MediaTypes.DockerLayer or MediaTypes.DockerLayerGzip or MediaTypes.DockerLayerZstd))
            throw new TareException(ErrorKind.NotSupported, $"{what}: its layer {layer.Digest.Short} is of type {layer.MediaType}, which is not supported");
        CheckSize(layer, MaxLayer, what);
    }

    private static void CheckSize(Descriptor descriptor, long limit, string what)
    {
        if (descriptor.Digest.Algorithm != "sha256")
            throw new TareException(ErrorKind.NotSupported, $"{what}: content by {descriptor.Digest.Algorithm} digest is not supported: {descriptor.Digest}");
        if (descriptor.Size is var size && (size <= 0 || size > limit))
            throw TareException.Invalid($"{what}: the size {size} of {descriptor.Digest.Short} is not possible");
    }
}
