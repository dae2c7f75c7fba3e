using Tare.Oci.Image;

namespace Tare.Images;

/// <summary>One line of docker history, newest first; <see cref="Id"/> is "&lt;missing&gt;" but for the image itself.</summary>
public sealed record ImageHistoryLine(string Id, DateTimeOffset Created, string CreatedBy, IReadOnlyList<string> Tags, long Size, string Comment);

/// <summary>docker history: the steps of an image's config joined with the sizes of its layers. Pure.</summary>
public static class ImageHistoryList
{
    /// <summary>The lines, newest first. Steps with a layer take the layers in order; an image without history shows its layers.</summary>
    public static IReadOnlyList<ImageHistoryLine> Of(Image image)
    {
        ImageHistory[] steps = image.Config.History is { Length: > 0 } history ? history
            : [.. image.LayerSizes.Select(_ => new ImageHistory { Created = image.Config.Created })];
        var lines = new List<ImageHistoryLine>();
        int layer = 0;
        foreach (ImageHistory step in steps)
        {
            long size = !step.EmptyLayer && layer < image.LayerSizes.Count ? image.LayerSizes[layer++] : 0;
            lines.Add(new ImageHistoryLine("<missing>", Rfc3339.Parse(step.Created), step.CreatedBy ?? "", [], size, step.Comment ?? ""));
        }
        if (lines.Count > 0)
            lines[^1] = lines[^1] with { Id = image.Id.ToString(), Tags = [.. image.RepoTags] };
        lines.Reverse();
        return lines;
    }
}
