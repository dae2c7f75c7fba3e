using System.Text.Json;

namespace Tare.Registry.Access;

/// <summary>What a token allows: the "access" claim of the distribution token specification. Immutable.</summary>
internal sealed class TokenAccess
{
    private readonly Dictionary<string, RepositoryAction> _repositories = new(StringComparer.Ordinal);

    /// <summary>Reads the claim; entries that are not understood allow nothing.</summary>
    public static TokenAccess Read(JsonElement claims)
    {
        var access = new TokenAccess();
        if (!claims.TryGetProperty("access", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            return access;
        foreach (JsonElement entry in list.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || Text(entry, "type") != "repository" || Text(entry, "name") is not { Length: > 0 } name)
                continue;
            if (!entry.TryGetProperty("actions", out JsonElement actions) || actions.ValueKind != JsonValueKind.Array)
                continue;
            RepositoryAction allowed = access._repositories.GetValueOrDefault(name);
            foreach (JsonElement action in actions.EnumerateArray().Where(action => action.ValueKind == JsonValueKind.String))
                allowed |= Action(action.GetString()!);
            access._repositories[name] = allowed;
        }
        return access;
    }

    /// <summary>What the token allows on a repository; names are compared whole.</summary>
    public RepositoryAction ActionsOn(string repository) => _repositories.GetValueOrDefault(repository);

    private static RepositoryAction Action(string text) => text switch
    {
        "pull" => RepositoryAction.Read,
        "push" => RepositoryAction.Write,
        "delete" => RepositoryAction.Delete,
        "*" => RepositoryAction.All,
        _ => RepositoryAction.None,
    };

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out JsonElement found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
}
