using System.Text;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>One line of comma-separated fields with double quotes, as --mount and --network take them.</summary>
internal static class Csv
{
    public static List<string> Split(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
                _ = field.Append(line[++i]);
            else if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                Take(fields, field);
            else
                _ = field.Append(c);
        }
        if (quoted)
            throw TareException.Invalid("extraneous or missing \" in quoted-field");
        Take(fields, field);
        return fields;
    }

    /// <summary>key=value with the key in lower case; a value of null when there is no "=".</summary>
    public static (string Key, string? Value) Pair(string field)
    {
        int equals = field.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (field.Trim().ToLowerInvariant(), null) : (field[..equals].Trim().ToLowerInvariant(), field[(equals + 1)..]);
    }

    private static void Take(List<string> fields, StringBuilder field)
    {
        fields.Add(field.ToString());
        _ = field.Clear();
    }
}
