using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Images.Platforms;

/// <summary>Which image of this machine a name with a platform means: the named one, or one that came from the same index. Reads the store; stateless.</summary>
public static class PlatformImages
{
    /// <summary>The image; NotFound when none of that platform is here.</summary>
    public static Image Find(ImageStore store, Image named, PlatformChoice platform, string text)
    {
        if (Suits(named, platform))
            return named;
        return Siblings(store, named).FirstOrDefault(image => Suits(image, platform))
            ?? throw TareException.NotFound(
                $"image with reference {text} was found but its platform ({named.Config.Os}/{named.Config.Architecture}) does not match the specified platform ({platform})");
    }

    /// <summary>Other images here that are listed in an index which the image came in.</summary>
    public static IReadOnlyList<Image> Siblings(ImageStore store, Image image)
    {
        var listed = image.Digests.Where(d => store.Content.Contains(d.Digest!)).Select(d => store.Content.ReadAll(d.Digest!))
            .Where(json => ContentReach.IsIndex(json)).SelectMany(json => ImageDocuments.ParseIndex(json).Manifests).Select(m => m.Digest).ToHashSet();
        return [.. store.List().Where(other => other.Id != image.Id && listed.Contains(other.Manifest.Digest))];
    }

    private static bool Suits(Image image, PlatformChoice platform) => platform.Rank(image.Config.Os, image.Config.Architecture, image.Config.Variant) > 0;
}
