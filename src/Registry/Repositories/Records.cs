using Tare.Oci;

namespace Tare.Registry.Repositories;

/// <summary>A repository, made by its first blob or manifest.</summary>
internal sealed record RepositoryRecord
{
    public required DateTimeOffset Created { get; init; }

    /// <summary>Sum of the sizes of its blobs and manifests, each counted once; what quotas are compared with.</summary>
    public long Bytes { get; init; }
}

/// <summary>A blob that belongs to a repository. The same content in another repository has a record of its own: having the one gives no right to the other.</summary>
internal sealed record BlobRecord
{
    public required long Size { get; init; }

    /// <summary>Its arrival; the collector spares young blobs, whose manifest is still to come.</summary>
    public required DateTimeOffset Linked { get; init; }
}

/// <summary>A manifest of a repository, with what lists and the collector need of its content.</summary>
internal sealed record ManifestRecord
{
    public required string MediaType { get; init; }
    public required long Size { get; init; }
    public required DateTimeOffset Pushed { get; init; }

    /// <summary>The manifest that this one is about.</summary>
    public Digest? Subject { get; init; }
    public string? ArtifactType { get; init; }
    public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>The blobs that it needs in the repository.</summary>
    public Digest[] Blobs { get; init; } = [];

    /// <summary>The manifests that it lists.</summary>
    public Digest[] Manifests { get; init; } = [];
}

/// <summary>What a tag stands for.</summary>
internal sealed record TagRecord
{
    public required Digest Digest { get; init; }
    public required DateTimeOffset Updated { get; init; }
}

/// <summary>An upload that has begun; its bytes are in a file named after its id.</summary>
internal sealed record UploadRecord
{
    public required string Repository { get; init; }
    public required DateTimeOffset Started { get; init; }

    /// <summary>"sha256" or "sha512", the algorithm of the digest that is computed on the way.</summary>
    public required string Algorithm { get; init; }
}
