using System.Diagnostics.CodeAnalysis;
using Tare.Oci;
using Tare.Registry.Protocol;
using Tare.Storage.Metadata;

namespace Tare.Registry.Repositories;

/// <summary>
/// The registry's metadata: which blobs, manifests and tags each repository has. Keys are "repository reference", so that a repository's records are one
/// range in order. Every change is one transaction; inside none is the content store called, see ContentStore.AddHolder. Thread-safe.
/// </summary>
internal sealed partial class RepositoryStore
{
    private readonly Database _database;
    private readonly RecordTable _repositories;
    private readonly RecordTable _blobs;
    private readonly RecordTable _manifests;
    private readonly RecordTable _tags;

    /// <summary>"subject's repository subject manifest", without values.</summary>
    private readonly RecordTable _referrers;

    /// <summary>"repository needed manifest": which manifests need a blob or list a manifest.</summary>
    private readonly RecordTable _needs;

    /// <summary>"digest repository kind": who claims a content of the store.</summary>
    private readonly RecordTable _claims;

    public RepositoryStore(Database database)
    {
        _database = database;
        _repositories = database.Table("registry_repositories");
        _blobs = database.Table("registry_blobs");
        _manifests = database.Table("registry_manifests");
        _tags = database.Table("registry_tags");
        _referrers = database.Table("registry_referrers");
        _needs = database.Table("registry_needs");
        _claims = database.Table("registry_claims");
    }

    public bool HasRepository(string repository) => _repositories.TryGet(repository, out _);

    public long BytesOf(string repository) => _repositories.TryGet(repository, RegistryJson.Default.RepositoryRecord, out RepositoryRecord? record) ? record.Bytes : 0;

    public IReadOnlyList<KeyValuePair<string, RepositoryRecord>> Repositories(string? after = null, int limit = int.MaxValue) =>
        _repositories.Range("", RegistryJson.Default.RepositoryRecord, after, limit);

    /// <summary>Sum of all repositories' bytes; content that several share counts in each.</summary>
    public long TotalBytes() => Repositories().Sum(r => r.Value.Bytes);

    public bool TryGetBlob(string repository, Digest digest, [NotNullWhen(true)] out BlobRecord? blob) =>
        _blobs.TryGet(Key(repository, digest), RegistryJson.Default.BlobRecord, out blob);

    public IReadOnlyList<KeyValuePair<string, BlobRecord>> Blobs(string repository) =>
        [.. _blobs.Range(repository + " ", RegistryJson.Default.BlobRecord).Select(b => new KeyValuePair<string, BlobRecord>(Last(b.Key), b.Value))];

    public bool TryGetManifest(string repository, Digest digest, [NotNullWhen(true)] out ManifestRecord? manifest) =>
        _manifests.TryGet(Key(repository, digest), RegistryJson.Default.ManifestRecord, out manifest);

    public IReadOnlyList<KeyValuePair<string, ManifestRecord>> Manifests(string repository) =>
        [.. _manifests.Range(repository + " ", RegistryJson.Default.ManifestRecord).Select(m => new KeyValuePair<string, ManifestRecord>(Last(m.Key), m.Value))];

    public bool TryGetTag(string repository, string tag, [NotNullWhen(true)] out TagRecord? record) =>
        _tags.TryGet($"{repository} {tag}", RegistryJson.Default.TagRecord, out record);

    /// <summary>Tags in bytewise order after another one, at most so many.</summary>
    public IReadOnlyList<KeyValuePair<string, TagRecord>> Tags(string repository, string? after = null, int limit = int.MaxValue) =>
        [.. _tags.Range(repository + " ", RegistryJson.Default.TagRecord, after is null ? null : $"{repository} {after}", limit)
            .Select(t => new KeyValuePair<string, TagRecord>(Last(t.Key), t.Value))];

    /// <summary>The digests of the manifests about a subject, in order, after another one, at most so many.</summary>
    public IReadOnlyList<Digest> Referrers(string repository, Digest subject, string? after = null, int limit = int.MaxValue)
    {
        string prefix = $"{repository} {subject} ";
        return [.. _referrers.Range(prefix, after is null ? null : prefix + after, limit).Select(r => Digest.Parse(Last(r.Key)))];
    }

    /// <summary>True when a repository has the content as a blob or a manifest; the content store asks before it deletes.</summary>
    public bool Claims(Digest digest) => _claims.Range($"{digest} ", limit: 1).Count > 0;

    /// <summary>The repositories that have this blob.</summary>
    public IEnumerable<string> RepositoriesWith(Digest blob) =>
        _claims.Range($"{blob} ", limit: 1000).Select(c => c.Key.Split(' ')).Where(parts => parts[2] == BlobClaim).Select(parts => parts[1]);

    /// <summary>True when a manifest of the repository needs this blob or lists this manifest.</summary>
    public bool IsNeeded(string repository, Digest digest) => _needs.Range($"{repository} {digest} ", limit: 1).Count > 0;

    /// <summary>How many records there are of each kind.</summary>
    public (int Repositories, int Manifests, int Tags, int Blobs) Count() => (_repositories.Count(), _manifests.Count(), _tags.Count(), _blobs.Count());

    private static string Key(string repository, Digest digest) => $"{repository} {digest}";

    private static string Last(string key) => key[(key.LastIndexOf(' ') + 1)..];
}
