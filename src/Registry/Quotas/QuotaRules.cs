using Tare.Registry.Access;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Quotas;

/// <summary>A bound on how many bytes repositories may have.</summary>
/// <param name="Repositories">Which ones.</param>
/// <param name="Bytes">The bound.</param>
/// <param name="Together">For all that match in sum, instead of for each.</param>
public sealed record QuotaRule(RepositoryPattern Repositories, long Bytes, bool Together = false);

/// <summary>The quotas of a registry. What a repository has twice counts once; what two repositories have counts for both. Immutable.</summary>
internal sealed class QuotaRules(IReadOnlyList<QuotaRule> rules)
{
    /// <summary>How many bytes a repository may still get by every rule that covers it.</summary>
    public long RoomOf(string repository, RepositoryStore store)
    {
        long room = long.MaxValue;
        foreach (QuotaRule rule in rules.Where(rule => rule.Repositories.Matches(repository)))
            room = Math.Min(room, rule.Bytes - Used(rule, repository, store.BytesOf(repository), store));
        return room;
    }

    /// <summary>Throws DENIED when a repository with so many bytes would break a rule.</summary>
    public void Admit(string repository, long bytes, RepositoryStore store)
    {
        foreach (QuotaRule rule in rules.Where(rule => rule.Repositories.Matches(repository)))
        {
            if (Used(rule, repository, bytes, store) > rule.Bytes)
                throw new RegistryException(ErrorCode.Denied, $"quota exceeded: {rule.Repositories.Text} may have {rule.Bytes} bytes");
        }
    }

    private static long Used(QuotaRule rule, string repository, long bytes, RepositoryStore store) => rule.Together
        ? bytes + store.Repositories().Where(r => r.Key != repository && rule.Repositories.Matches(r.Key)).Sum(r => r.Value.Bytes)
        : bytes;
}
