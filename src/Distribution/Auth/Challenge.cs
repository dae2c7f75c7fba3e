namespace Tare.Distribution.Auth;

/// <summary>One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1): its scheme and its parameters. Pure.</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int MaxLength = 8192;

    /// <summary>A parameter, or "".</summary>
    public string this[string name] => Parameters.GetValueOrDefault(name, "");

    /// <summary>All challenges of a header's values; what can not be read is left out.</summary>
    public static IReadOnlyList<Challenge> ParseAll(IEnumerable<string> values) =>
        [.. values.Where(v => v.Length <= MaxLength).Select(Parse).OfType<Challenge>()];

    private static Challenge? Parse(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        string scheme = (space < 0 ? text : text[..space]).ToLowerInvariant();
        if (scheme.Length == 0)
            return null;
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        int at = space < 0 ? text.Length : space + 1;
        while (at < text.Length)
        {
            while (at < text.Length && text[at] is ' ' or ',' or '\t')
                at++;
            int equals = text.IndexOf('=', at);
            if (equals < 0)
                break;
            string name = text[at..equals].Trim();
            (string value, at) = Value(text, equals + 1);
            parameters[name] = value;
        }
        return new Challenge(scheme, parameters);
    }

    private static (string Value, int Next) Value(string text, int at)
    {
        if (at >= text.Length || text[at] != '"')
        {
            int end = text.IndexOf(',', at);
            end = end < 0 ? text.Length : end;
            return (text[at..end].Trim(), end);
        }
        var value = new System.Text.StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            _ = value.Append(text[at]);
        }
        return (value.ToString(), Math.Min(at + 1, text.Length));
    }
}
