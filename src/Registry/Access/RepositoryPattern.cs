namespace Tare.Registry.Access;

/// <summary>
/// A pattern of repository names: "*" stands for any characters within one component, "**" for any at all. "team/**" is everything below team, and only
/// that: a pattern is never a mere prefix, so "team*" does not open "team-b/x". Immutable.
/// </summary>
public sealed record RepositoryPattern(string Text)
{
    /// <summary>True when the whole name fits.</summary>
    public bool Matches(string name) => Matches(Text, name);

    /// <summary>The same for any text, a tag for example.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        while (!pattern.IsEmpty && pattern[0] != '*')
        {
            if (name.IsEmpty || name[0] != pattern[0])
                return false;
            pattern = pattern[1..];
            name = name[1..];
        }
        if (pattern.IsEmpty)
            return name.IsEmpty;
        bool any = pattern.StartsWith("**", StringComparison.Ordinal);
        ReadOnlySpan<char> rest = pattern[(any ? 2 : 1)..];
        if (rest.IsEmpty)
            return any || !name.Contains('/');
        for (int i = 0; i <= name.Length; i++)
        {
            if (Matches(rest, name[i..]))
                return true;
            if (i < name.Length && !any && name[i] == '/')
                return false;
        }
        return false;
    }
}
