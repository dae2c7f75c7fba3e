using Tare.Oci;
using Tare.Registry.Access;
using Tare.Registry.Repositories;

namespace Tare.Registry.Collection;

/// <summary>Applies a repository's retention rule: first its tags, then the manifests that have lost theirs. Deletes what is still as it was looked at.</summary>
internal static class Retention
{
    /// <summary>Returns how many tags and manifests went.</summary>
    public static (int Tags, int Manifests) Apply(RetentionRule rule, string repository, RepositoryStore store, DateTimeOffset now) =>
        (DropTags(rule, repository, store, now), rule.UntaggedAfter is { } age ? DropUntagged(repository, store, now - age) : 0);

    private static int DropTags(RetentionRule rule, string repository, RepositoryStore store, DateTimeOffset now)
    {
        if (rule.KeepLast is null && rule.KeepWithin is null && rule.KeepTags.Count == 0)
            return 0;
        int dropped = 0, rank = 0;
        foreach ((string tag, TagRecord record) in store.Tags(repository).OrderByDescending(tag => tag.Value.Updated))
        {
            bool kept = rule.KeepTags.Any(pattern => RepositoryPattern.Matches(pattern, tag))
                || rank < rule.KeepLast
                || (rule.KeepWithin is { } age && record.Updated > now - age);
            rank++;
            if (!kept && store.DeleteTag(repository, tag, onlyWhen: record.Digest))
                dropped++;
        }
        return dropped;
    }

    private static int DropUntagged(string repository, RepositoryStore store, DateTimeOffset before)
    {
        int dropped = 0;
        // What an index listed has no holder once the index is gone, so look until nothing changes.
        for (int last = -1; last != dropped;)
        {
            last = dropped;
            HashSet<Digest> tagged = [.. store.Tags(repository).Select(tag => tag.Value.Digest)];
            foreach ((string text, ManifestRecord manifest) in store.Manifests(repository))
            {
                var digest = Digest.Parse(text);
                if (manifest.Pushed < before && !tagged.Contains(digest) && !IsHeld(digest, manifest) && store.DeleteManifest(repository, digest, () => IsTagged(digest) || IsHeld(digest, manifest)))
                    dropped++;
            }
        }
        return dropped;

        bool IsHeld(Digest digest, ManifestRecord manifest) =>
            store.IsNeeded(repository, digest) || (manifest.Subject is { } subject && store.TryGetManifest(repository, subject, out _));

        bool IsTagged(Digest digest) => store.Tags(repository).Any(tag => tag.Value.Digest == digest);
    }
}
