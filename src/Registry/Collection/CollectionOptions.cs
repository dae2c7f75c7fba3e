using Tare.Registry.Access;

namespace Tare.Registry.Collection;

/// <summary>When the collector runs and what it spares.</summary>
public sealed record CollectionOptions
{
    /// <summary>Between two runs; zero is never.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a blob that no manifest needs is spared after its arrival or last use, because its manifest may be on the way.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long an upload waits for its client.</summary>
    public TimeSpan UploadAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The first rule that matches a repository is its rule.</summary>
    public IReadOnlyList<RetentionRule> Retention { get; init; } = [];
}

/// <summary>Which tags and manifests of repositories are kept. A tag is kept when any of the conditions keeps it; without any condition all are.</summary>
public sealed record RetentionRule
{
    /// <summary>Which repositories.</summary>
    public required RepositoryPattern Repositories { get; init; }

    /// <summary>Patterns of tags that are always kept.</summary>
    public IReadOnlyList<string> KeepTags { get; init; } = [];

    /// <summary>So many tags, the last pushed ones, are kept.</summary>
    public int? KeepLast { get; init; }

    /// <summary>Tags that were pushed within this time are kept.</summary>
    public TimeSpan? KeepWithin { get; init; }

    /// <summary>Manifests without a tag, that no index lists and whose subject is gone or none, go after this time; null is never.</summary>
    public TimeSpan? UntaggedAfter { get; init; }
}
