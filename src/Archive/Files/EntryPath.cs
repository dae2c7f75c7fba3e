using Tare.Errors;

namespace Tare.Archive.Files;

/// <summary>Names of archive entries made safe: relative, without "." and empty components, never with "..". Pure.</summary>
public static class EntryPath
{
    private const int MaxLength = 4096;

    /// <summary>The normalised path, "" for the root itself. Leading slashes are dropped, as every container engine does.</summary>
    public static string Normalise(string name)
    {
        if (name.Length > MaxLength)
            throw TareException.Invalid($"refused archive entry: a path of {name.Length} characters");
        if (name.Contains('\0', StringComparison.Ordinal))
            throw TareException.Invalid("refused archive entry: a path with a zero byte");
        if (IsNormal(name))
            return name;
        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return Array.IndexOf(parts, "..") >= 0
            ? throw TareException.Invalid($"refused archive entry \"{name}\": the path leaves the root with \"..\"")
            : string.Join('/', parts.Where(p => p != "."));
    }

    /// <summary>Directory part and last component of a normalised path that is not "".</summary>
    public static (string Parent, string Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    /// <summary>Joins a normalised directory and a name.</summary>
    public static string Join(string parent, string name) => parent.Length == 0 ? name : name.Length == 0 ? parent : $"{parent}/{name}";

    // The usual case without an allocation: no component starts with a dot, none is empty.
    private static bool IsNormal(string name)
    {
        char previous = '/';
        foreach (char c in name)
        {
            if (previous == '/' && c is '/' or '.' && previous == '/')
                return false;
            previous = c;
        }
        return previous != '/';
    }
}
