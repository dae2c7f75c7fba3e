using Tare.Oci;
using Tare.Registry.Protocol;
using Tare.Storage.Metadata;

namespace Tare.Registry.Repositories;

/// <summary>The changes: each one transaction, whole or not at all.</summary>
internal sealed partial class RepositoryStore
{
    private const string BlobClaim = "b";
    private const string ManifestClaim = "m";

    /// <summary>
    /// Gives a repository a blob whose content the caller has leased. <paramref name="admit"/> gets the repository's bytes as they would be and throws to
    /// refuse; it decides inside the transaction, so two pushes cannot share one quota's rest.
    /// </summary>
    public void LinkBlob(string repository, Digest digest, long size, Action<long> admit)
    {
        using Transaction transaction = _database.Begin();
        bool known = TryGetBlob(repository, digest, out _);
        if (!known)
            AddBytes(repository, size, admit);
        _blobs.Put(Key(repository, digest), new BlobRecord { Size = size, Linked = DateTimeOffset.UtcNow }, RegistryJson.Default.BlobRecord);
        _claims.Put($"{digest} {repository} {BlobClaim}", "1"u8);
        transaction.Commit();
    }

    /// <summary>Takes a blob from a repository; false when it has none, or when <paramref name="unless"/> says so within the transaction.</summary>
    public bool UnlinkBlob(string repository, Digest digest, Func<bool>? unless = null)
    {
        using Transaction transaction = _database.Begin();
        if (!TryGetBlob(repository, digest, out BlobRecord? blob) || unless?.Invoke() == true)
            return false;
        _ = _blobs.Delete(Key(repository, digest));
        _ = _claims.Delete($"{digest} {repository} {BlobClaim}");
        AddBytes(repository, -blob.Size, static _ => { });
        transaction.Commit();
        return true;
    }

    /// <summary>
    /// Stores a manifest and points tags to it. <paramref name="check"/> sees the repository as it is within the transaction and throws to refuse; so what the
    /// manifest needs cannot go between the check and the record that keeps it.
    /// </summary>
    public void PutManifest(string repository, Digest digest, ManifestRecord manifest, IReadOnlyCollection<string> tags, Action<long> admit, Action check)
    {
        using Transaction transaction = _database.Begin();
        check();
        if (TryGetManifest(repository, digest, out ManifestRecord? old))
        {
            // The same bytes under another media type would change what they mean to those who have the digest already.
            if (old.MediaType != manifest.MediaType)
                throw RegistryException.ManifestInvalid($"the repository has this content as {old.MediaType}");
        }
        else
        {
            AddBytes(repository, manifest.Size, admit);
        }
        _manifests.Put(Key(repository, digest), manifest, RegistryJson.Default.ManifestRecord);
        _claims.Put($"{digest} {repository} {ManifestClaim}", "1"u8);
        foreach (Digest needed in manifest.Blobs.Concat(manifest.Manifests))
            _needs.Put($"{repository} {needed} {digest}", "1"u8);
        if (manifest.Subject is { } subject)
            _referrers.Put($"{repository} {subject} {digest}", "1"u8);
        foreach (string tag in tags)
            _tags.Put($"{repository} {tag}", new TagRecord { Digest = digest, Updated = manifest.Pushed }, RegistryJson.Default.TagRecord);
        transaction.Commit();
    }

    /// <summary>Removes a manifest with the tags that point to it; false when there is none, or when <paramref name="unless"/> says so.</summary>
    public bool DeleteManifest(string repository, Digest digest, Func<bool>? unless = null)
    {
        using Transaction transaction = _database.Begin();
        if (!TryGetManifest(repository, digest, out ManifestRecord? manifest) || unless?.Invoke() == true)
            return false;
        foreach ((string tag, TagRecord record) in Tags(repository))
        {
            if (record.Digest == digest)
                _ = _tags.Delete($"{repository} {tag}");
        }
        foreach (Digest needed in manifest.Blobs.Concat(manifest.Manifests))
            _ = _needs.Delete($"{repository} {needed} {digest}");
        if (manifest.Subject is { } subject)
            _ = _referrers.Delete($"{repository} {subject} {digest}");
        _ = _manifests.Delete(Key(repository, digest));
        _ = _claims.Delete($"{digest} {repository} {ManifestClaim}");
        AddBytes(repository, -manifest.Size, static _ => { });
        transaction.Commit();
        return true;
    }

    /// <summary>Removes a tag; the manifest stays. False when there is none, or when it no longer points to <paramref name="onlyWhen"/>.</summary>
    public bool DeleteTag(string repository, string tag, Digest? onlyWhen = null)
    {
        using Transaction transaction = _database.Begin();
        if (onlyWhen is not null && (!TryGetTag(repository, tag, out TagRecord? record) || record.Digest != onlyWhen))
            return false;
        bool deleted = _tags.Delete($"{repository} {tag}");
        transaction.Commit();
        return deleted;
    }

    /// <summary>Forgets a repository that has nothing any more.</summary>
    public bool DeleteEmpty(string repository)
    {
        using Transaction transaction = _database.Begin();
        string prefix = repository + " ";
        if (_blobs.Range(prefix, limit: 1).Count + _manifests.Range(prefix, limit: 1).Count > 0)
            return false;
        bool deleted = _repositories.Delete(repository);
        transaction.Commit();
        return deleted;
    }

    private void AddBytes(string repository, long bytes, Action<long> admit)
    {
        if (!_repositories.TryGet(repository, RegistryJson.Default.RepositoryRecord, out RepositoryRecord? record))
            record = new RepositoryRecord { Created = DateTimeOffset.UtcNow };
        record = record with { Bytes = Math.Max(0, record.Bytes + bytes) };
        admit(record.Bytes);
        _repositories.Put(repository, record, RegistryJson.Default.RepositoryRecord);
    }
}
