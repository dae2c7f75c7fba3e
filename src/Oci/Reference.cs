using Tare.Errors;

namespace Tare.Oci;

/// <summary>
/// A normalised image name: "docker.io/library/x" with a tag, a digest or both. Made by <see cref="Parse"/> only, so every part obeys the
/// distribution grammar and is safe in paths and messages. Immutable.
/// </summary>
public sealed record Reference
{
    private const string DefaultDomain = "docker.io";
    private const string OfficialPrefix = "library/";

    private Reference(string domain, string path, string? tag, Digest? digest)
    {
        Domain = domain;
        Path = path;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Registry host with its port: "docker.io", "localhost:5000".</summary>
    public string Domain { get; }

    /// <summary>Repository within the registry: "library/x".</summary>
    public string Path { get; }

    /// <summary>The tag, or null when there is only a digest (or neither).</summary>
    public string? Tag { get; }

    /// <summary>The manifest digest after "@", or null.</summary>
    public Digest? Digest { get; }

    /// <summary>Domain and path: "docker.io/library/x".</summary>
    public string Repository => $"{Domain}/{Path}";

    /// <summary>The repository as Docker shows it: "x" for "docker.io/library/x".</summary>
    public string FamiliarRepository =>
        Domain != DefaultDomain ? Repository
        : Path.StartsWith(OfficialPrefix, StringComparison.Ordinal) && Path.IndexOf('/', OfficialPrefix.Length) < 0 ? Path[OfficialPrefix.Length..]
        : Path;

    /// <summary>The whole name as Docker shows it: "x:latest".</summary>
    public string Familiar => FamiliarRepository + Suffix;

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    /// <summary>Parses what a user typed, adding docker.io, library/ and, when there is neither tag nor digest, the tag latest.</summary>
    public static Reference Parse(string text)
    {
        Reference reference = ParseBare(text);
        return reference.Tag is null && reference.Digest is null ? reference.WithTag("latest") : reference;
    }

    /// <summary>As <see cref="Parse"/>, but leaves a name without a tag as it is.</summary>
    public static Reference ParseBare(string text)
    {
        string? problem = TryParse(text, out Reference? reference);
        return problem is null ? reference! : throw TareException.Invalid(problem);
    }

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse(string text, bool defaultTag, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Reference? reference)
    {
        if (TryParse(text, out reference) is not null)
            return false;
        if (defaultTag && reference!.Tag is null && reference.Digest is null)
            reference = reference.WithTag("latest");
        return reference is not null;
    }

    /// <summary>The same repository with this tag and no digest.</summary>
    public Reference WithTag(string tag) =>
        ReferenceGrammar.IsTag(tag) ? new Reference(Domain, Path, tag, null) : throw TareException.Invalid($"invalid tag format: \"{tag}\"");

    /// <summary>The same repository with this digest and no tag.</summary>
    public Reference WithDigest(Digest digest) => new(Domain, Path, null, digest);

    /// <summary>The full form: "docker.io/library/x:latest".</summary>
    public override string ToString() => Repository + Suffix;

    private static string? TryParse(string text, out Reference? reference)
    {
        reference = null;
        if (text.Length is 0 or > 1024)
            return "invalid reference format";
        string name = text;
        Digest? digest = null;
        if (name.IndexOf('@', StringComparison.Ordinal) is var at and >= 0)
        {
            if (!Digest.TryParse(name[(at + 1)..], out digest))
                return "invalid reference format: invalid digest";
            name = name[..at];
        }
        string? tag = null;
        int colon = name.LastIndexOf(':');
        if (colon >= 0 && name.IndexOf('/', colon) < 0)
        {
            tag = name[(colon + 1)..];
            name = name[..colon];
            if (!ReferenceGrammar.IsTag(tag))
                return "invalid reference format";
        }
        if (tag is null && digest is null && ReferenceGrammar.IsBareIdentifier(name))
            return $"invalid repository name ({name}), cannot specify 64-byte hexadecimal strings";
        (string domain, string path) = ReferenceGrammar.SplitDomain(name);
        if (path.AsSpan().ContainsAnyInRange('A', 'Z'))
            return $"invalid reference format: repository name ({path}) must be lowercase";
        if (!ReferenceGrammar.IsDomain(domain) || !ReferenceGrammar.IsPath(path))
            return "invalid reference format";
        if (domain.Length + 1 + path.Length > 255)
            return "repository name must not be more than 255 characters";
        reference = new Reference(domain, path, tag, digest);
        return null;
    }
}
