using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Files of NAME=value lines for --env-file and --label-file, and the rule that a bare NAME takes the caller's value.</summary>
internal static class EnvFile
{
    /// <summary>The lines of a file, each as NAME=value; names without a value are looked up and left out when they are not set.</summary>
    public static List<string> Read(string path, Func<string, string?>? lookUp)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"open {path}: {(error is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : error.Message)}");
        }
        return Parse(lines, path, lookUp);
    }

    public static List<string> Parse(IEnumerable<string> lines, string path, Func<string, string?>? lookUp)
    {
        var values = new List<string>();
        foreach (string raw in lines)
        {
            string line = raw.TrimStart('\uFEFF').TrimStart();
            if (line.Length == 0 || line[0] == '#')
                continue;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? line.TrimEnd() : line[..equals];
            if (name.Length == 0)
                throw TareException.Invalid($"no variable name on line '{line}' of {path}");
            if (name.AsSpan().ContainsAny(" \t"))
                throw TareException.Invalid($"variable '{name}' contains whitespaces in {path}");
            if (equals >= 0)
                values.Add(line);
            else if (lookUp is null)
                values.Add(name);
            else
                AddFound(values, name, lookUp);
        }
        return values;
    }

    /// <summary>-e NAME=value as it is, -e NAME with the caller's value.</summary>
    public static void AddVariable(List<string> values, string text, Func<string, string?> lookUp)
    {
        CheckVariable(text);
        if (text.Contains('=', StringComparison.Ordinal))
            values.Add(text);
        else
            AddFound(values, text, lookUp);
    }

    /// <summary>-e takes a name, at least.</summary>
    public static void CheckVariable(string text)
    {
        if (text.Length == 0 || text[0] == '=')
            throw TareException.Invalid($"invalid environment variable: {text}");
    }

    /// <summary>-l takes a name, at least.</summary>
    public static void CheckLabel(string text)
    {
        if (text.Length == 0 || text[0] == '=')
            throw TareException.Invalid($"invalid label '{text}': empty name");
    }

    /// <summary>Splits name=value pairs; the last of a name wins.</summary>
    public static Dictionary<string, string>? ToMap(IEnumerable<string> pairs)
    {
        Dictionary<string, string>? map = null;
        foreach (string pair in pairs)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            (map ??= [])[equals < 0 ? pair : pair[..equals]] = equals < 0 ? "" : pair[(equals + 1)..];
        }
        return map;
    }

    private static void AddFound(List<string> values, string name, Func<string, string?> lookUp)
    {
        if (lookUp(name) is { } value)
            values.Add($"{name}={value}");
    }
}
