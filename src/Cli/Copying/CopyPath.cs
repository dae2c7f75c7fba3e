namespace Tare.Cli.Copying;

/// <summary>One side of cp: a local path, "-", or CONTAINER:PATH.</summary>
internal sealed record CopyPath(string? Container, string Path)
{
    /// <summary>A local path may have a colon after "./" or "/".</summary>
    public static CopyPath Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        bool local = colon < 1 || text[0] is '/' or '.';
        return local ? new CopyPath(null, text) : new CopyPath(text[..colon], text[(colon + 1)..]);
    }

    /// <summary>"dir/." means what is in the directory.</summary>
    public bool IsContents => Path == "." || Path.EndsWith("/.", StringComparison.Ordinal);

    /// <summary>It must be a directory.</summary>
    public bool EndsWithSlash => Path.EndsWith('/');

    /// <summary>The last name, without a slash at the end.</summary>
    public static string BaseName(string path)
    {
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        return slash < 0 ? trimmed : trimmed[(slash + 1)..];
    }

    /// <summary>Everything before the last name; "/" at the top.</summary>
    public static string Parent(string path)
    {
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        return slash <= 0 ? "/" : trimmed[..slash];
    }
}
