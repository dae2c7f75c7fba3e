namespace Tare.Registry.Access;

/// <summary>Allows some callers some actions on some repositories.</summary>
/// <param name="Repositories">Patterns of names, see <see cref="RepositoryPattern"/>.</param>
/// <param name="Users">User names; "*" is everybody who is known, "anonymous" is everybody.</param>
/// <param name="Allow">What they may do.</param>
public sealed record AccessRule(IReadOnlyList<RepositoryPattern> Repositories, IReadOnlyList<string> Users, RepositoryAction Allow)
{
    internal bool Covers(Caller caller, string repository) =>
        Users.Any(user => user == "anonymous" || (user == "*" && !caller.IsAnonymous) || (caller.Name is not null && user == caller.Name))
        && Repositories.Any(pattern => pattern.Matches(repository));
}
