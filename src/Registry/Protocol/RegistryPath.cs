using Tare.Oci;

namespace Tare.Registry.Protocol;

/// <summary>What a path of the API names.</summary>
internal enum Resource
{
    Unknown,
    Base,
    Catalog,
    Blob,
    Uploads,
    Upload,
    Manifest,
    Tags,
    Referrers,
}

/// <summary>
/// A request's path taken apart. The repository obeys the specification's grammar before anybody sees it; <see cref="Reference"/> is not yet checked.
/// Names may contain the words of the API ("blobs/blobs"), so the path is read from its end.
/// </summary>
internal readonly record struct RegistryPath(Resource Resource, string Repository, string Reference)
{
    private const string Prefix = "/v2/";
    private const int MaxName = 255;

    /// <summary>Reads a path; one that is none of the API's is Unknown. A name that breaks the grammar is NAME_INVALID.</summary>
    public static RegistryPath Parse(string path)
    {
        if (path is "/v2" or Prefix)
            return new(Resource.Base, "", "");
        if (!path.StartsWith(Prefix, StringComparison.Ordinal))
            return default;
        ReadOnlySpan<char> rest = path.AsSpan(Prefix.Length);
        if (rest is "_catalog")
            return new(Resource.Catalog, "", "");
        if (rest.EndsWith("/blobs/uploads/", StringComparison.Ordinal))
            return new(Resource.Uploads, Name(rest[..^15]), "");
        if (rest.EndsWith("/blobs/uploads", StringComparison.Ordinal))
            return new(Resource.Uploads, Name(rest[..^14]), "");
        int slash = rest.LastIndexOf('/');
        if (slash < 0)
            return default;
        ReadOnlySpan<char> last = rest[(slash + 1)..];
        ReadOnlySpan<char> before = rest[..slash];
        if (before.EndsWith("/blobs/uploads", StringComparison.Ordinal))
            return new(Resource.Upload, Name(before[..^14]), last.ToString());
        if (before.EndsWith("/blobs", StringComparison.Ordinal))
            return new(Resource.Blob, Name(before[..^6]), last.ToString());
        if (before.EndsWith("/manifests", StringComparison.Ordinal))
            return new(Resource.Manifest, Name(before[..^10]), last.ToString());
        if (before.EndsWith("/referrers", StringComparison.Ordinal))
            return new(Resource.Referrers, Name(before[..^10]), last.ToString());
        return before.EndsWith("/tags", StringComparison.Ordinal) && last is "list" ? new(Resource.Tags, Name(before[..^5]), "") : default;
    }

    /// <summary>True for a repository name of the grammar that clients can still use behind a host name.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MaxName && ReferenceGrammar.IsPath(name);

    private static string Name(ReadOnlySpan<char> text)
    {
        string name = text.ToString();
        return IsName(name) ? name : throw new RegistryException(ErrorCode.NameInvalid, "invalid repository name");
    }
}
