using Tare.EngineApi.Images;
using Tare.Images.Platforms;
using Tare.Oci.Image;

namespace Tare.Engine.Images;

/// <summary>Shows the manifests of an image in the wire's form. Pure.</summary>
internal static class ManifestView
{
    /// <summary>One manifest; the containers are those that use its image.</summary>
    public static ImageManifestSummary Summary(ListedManifest manifest, IEnumerable<string> containers)
    {
        long unpacked = manifest.Image?.Size ?? 0;
        return new ImageManifestSummary
        {
            ID = manifest.Descriptor.Digest.ToString(),
            Descriptor = Wire(manifest.Descriptor),
            Available = manifest.IsHere,
            Size = new ManifestSize { Content = manifest.ContentBytes, Total = manifest.ContentBytes + unpacked },
            Kind = manifest.About is not null ? "attestation" : MediaTypes.IsManifest(manifest.Descriptor.MediaType) ? "image" : "unknown",
            AttestationData = manifest.About is null ? null : new ManifestAttestationData { For = manifest.About.ToString() },
            ImageData = manifest.About is not null ? null : new ManifestImageData
            {
                Platform = Wire(manifest.Descriptor.Platform),
                Containers = [.. containers],
                Size = new ManifestImageSize { Unpacked = unpacked },
            },
        };
    }

    private static ImageDescriptor Wire(Descriptor descriptor) => new()
    {
        MediaType = descriptor.MediaType,
        Digest = descriptor.Digest.ToString(),
        Size = descriptor.Size,
        Annotations = descriptor.Annotations,
        Platform = descriptor.Platform is null ? null : Wire(descriptor.Platform),
    };

    private static ImagePlatform Wire(Platform? platform) =>
        new() { Os = platform?.Os ?? "", Architecture = platform?.Architecture ?? "", Variant = platform?.Variant, OsVersion = platform?.OsVersion };
}
