namespace Tare.Registry.Access;

/// <summary>What somebody may do with a repository.</summary>
[Flags]
public enum RepositoryAction
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Pull and list.</summary>
    Read = 1,

    /// <summary>Push.</summary>
    Write = 2,

    /// <summary>Delete manifests, tags and blobs.</summary>
    Delete = 4,

    /// <summary>Everything.</summary>
    All = Read | Write | Delete,
}

/// <summary>Who asks: a name, or nobody in particular, and what a token allows when one was shown. Immutable.</summary>
internal sealed record Caller(string? Name, TokenAccess? Token = null)
{
    public static Caller Anonymous { get; } = new((string?)null);

    public bool IsAnonymous => Name is null && Token is null;
}
