using Tare.Errors;

namespace Tare.Cgroups;

/// <summary>Where below a container's groups a process goes: one path for all trees, and others for single v1 controllers.</summary>
/// <param name="Path">Relative to the container's own group; "" is that itself.</param>
/// <param name="ByController">Paths for controllers by their names.</param>
public sealed record SubGroups(string Path, IReadOnlyDictionary<string, string> ByController)
{
    /// <summary>Reads "[controller[,controller…]:]path", each for what none before it has named; null for none at all.</summary>
    public static SubGroups? Parse(IEnumerable<string> values)
    {
        string? all = null;
        Dictionary<string, string> single = new(StringComparer.Ordinal);
        foreach (string value in values)
        {
            int colon = value.IndexOf(':', StringComparison.Ordinal);
            string path = Check(value[(colon + 1)..]);
            if (colon < 0)
                all = path;
            else
                foreach (string controller in value[..colon].Split(','))
                    single[controller] = path;
        }
        return all is null && single.Count == 0 ? null : new SubGroups(all ?? "", single);
    }

    /// <summary>"/path" or "" for a tree that has these controllers.</summary>
    internal string Suffix(IEnumerable<string> controllers)
    {
        string path = controllers.Select(name => ByController.GetValueOrDefault(name)).FirstOrDefault(found => found is not null) ?? Path;
        return path.Length == 0 ? "" : "/" + path;
    }

    private static string Check(string path)
    {
        string trimmed = path.Trim('/');
        return trimmed.Split('/').Any(part => part is "." or "..")
            ? throw TareException.Invalid($"bad sub cgroup path: {path} (it must stay below the container's own)")
            : trimmed;
    }
}
