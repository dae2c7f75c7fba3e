namespace Tare.Cli.Formatting;

/// <summary>Names of images as people write them, split where the API wants two parts.</summary>
internal static class ImageName
{
    /// <summary>With ":latest" when there is neither tag nor digest.</summary>
    public static string WithTag(string image) =>
        image.Contains('@', StringComparison.Ordinal) || TagColon(image) >= 0 ? image : image + ":latest";

    /// <summary>Repository and tag; a digest counts as a tag.</summary>
    public static (string Repository, string Tag) Split(string image)
    {
        int at = image.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
            return (image[..at], image[(at + 1)..]);
        int colon = TagColon(image);
        return colon < 0 ? (image, "latest") : (image[..colon], image[(colon + 1)..]);
    }

    /// <summary>Repository, and the tag when there is one.</summary>
    public static (string? Repository, string? Tag) SplitOptional(string? image)
    {
        if (string.IsNullOrEmpty(image))
            return (null, null);
        int colon = TagColon(image);
        return colon < 0 ? (image, null) : (image[..colon], image[(colon + 1)..]);
    }

    /// <summary>A colon before a slash belongs to a port.</summary>
    private static int TagColon(string image)
    {
        int colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/') ? colon : -1;
    }
}
