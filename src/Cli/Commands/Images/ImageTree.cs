using Tare.Cli.Formatting;
using Tare.EngineApi.Images;

namespace Tare.Cli.Commands.Images;

/// <summary>tare images --tree: each image with the platforms that its name has, those that are not here too, and the statements about them.</summary>
internal static class ImageTree
{
    private static readonly string[] Headers = ["IMAGE", "ID", "DISK USAGE", "CONTENT SIZE", "EXTRA"];

    public static void Print(Output output, IEnumerable<ImageSummary> images)
    {
        List<string[]> rows = [];
        foreach (ImageSummary image in images)
        {
            List<ImageManifestSummary> manifests = image.Manifests ?? [];
            string[] names = image.RepoTags.Count > 0 ? [.. image.RepoTags] : ["<untagged>"];
            rows.AddRange(names[..^1].Select(name => (string[])[name, "", "", "", ""]));
            rows.Add(
            [
                names[^1], Human.ShortId(image.Id), Human.Size(manifests.Sum(m => m.Size.Total)), Human.Size(manifests.Sum(m => m.Size.Content)),
                manifests.Exists(IsUsed) ? "in use" : "",
            ]);
            // The only platform of an image is the image.
            if (manifests.Count < 2)
                continue;
            for (int i = 0; i < manifests.Count; i++)
                rows.Add(Row(manifests[i], i == manifests.Count - 1 ? "└─ " : "├─ "));
        }
        Listing.PrintTable(output, Headers, rows);
    }

    private static string[] Row(ImageManifestSummary manifest, string branch) =>
    [
        branch + Name(manifest), Human.ShortId(manifest.ID), Human.Size(manifest.Size.Total), Human.Size(manifest.Size.Content),
        IsUsed(manifest) ? "in use" : manifest.Available ? "" : "not here",
    ];

    private static string Name(ImageManifestSummary manifest) => manifest.AttestationData is { } attestation
        ? $"statements about {Human.ShortId(attestation.For)}"
        : manifest.ImageData?.Platform is { Os.Length: > 0 } platform
        ? $"{platform.Os}/{platform.Architecture}" + (string.IsNullOrEmpty(platform.Variant) ? "" : $"/{platform.Variant}")
        : "(unknown)";

    private static bool IsUsed(ImageManifestSummary manifest) => manifest.ImageData?.Containers.Count > 0;
}
