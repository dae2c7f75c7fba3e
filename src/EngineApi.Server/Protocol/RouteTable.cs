namespace Tare.EngineApi.Server.Protocol;

/// <summary>Answers one request.</summary>
public delegate Task RouteHandler(ApiRequest request);

/// <summary>
/// Methods and path patterns with their handlers. A pattern's segment is literal, "{name}" for one segment, or "{name*}" for one or more, which is what
/// image names need. Built once at start, then only read.
/// </summary>
public sealed class RouteTable
{
    private sealed record Route(string Method, string[] Segments, RouteHandler Handler);

    private readonly Dictionary<string, List<Route>> _byFirstSegment = new(StringComparer.Ordinal);

    /// <summary>Adds a route; "HEAD" is not implied by "GET".</summary>
    public void Add(string method, string pattern, RouteHandler handler)
    {
        string[] segments = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!_byFirstSegment.TryGetValue(segments[0], out List<Route>? routes))
            _byFirstSegment[segments[0]] = routes = [];
        routes.Add(new Route(method, segments, handler));
    }

    /// <inheritdoc cref="Add"/>
    public void Get(string pattern, RouteHandler handler) => Add("GET", pattern, handler);

    /// <inheritdoc cref="Add"/>
    public void Post(string pattern, RouteHandler handler) => Add("POST", pattern, handler);

    /// <inheritdoc cref="Add"/>
    public void Put(string pattern, RouteHandler handler) => Add("PUT", pattern, handler);

    /// <inheritdoc cref="Add"/>
    public void Delete(string pattern, RouteHandler handler) => Add("DELETE", pattern, handler);

    /// <inheritdoc cref="Add"/>
    public void Head(string pattern, RouteHandler handler) => Add("HEAD", pattern, handler);

    /// <summary>The handler for a path without its version, and the values of the pattern's names; null when there is none.</summary>
    public RouteHandler? Find(string method, ReadOnlySpan<char> path, out Dictionary<string, string> values)
    {
        values = [];
        // A name that holds a slash may come escaped.
        string[] segments = path.ToString().Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length == 0 || !_byFirstSegment.TryGetValue(segments[0], out List<Route>? routes))
            return null;
        foreach (Route route in routes)
        {
            if (route.Method == method && Matches(route.Segments, segments, values))
                return route.Handler;
            values.Clear();
        }
        return null;
    }

    private static bool Matches(string[] pattern, string[] path, Dictionary<string, string> values)
    {
        int at = 0;
        for (int i = 0; i < pattern.Length; i++)
        {
            if (at >= path.Length)
                return false;
            string segment = pattern[i];
            if (segment[0] != '{')
            {
                if (segment != path[at++])
                    return false;
            }
            else if (segment[^2] == '*')
            {
                int length = path.Length - at - (pattern.Length - i - 1);
                if (length < 1)
                    return false;
                values[segment[1..^2]] = string.Join('/', path, at, length);
                at += length;
            }
            else
            {
                values[segment[1..^1]] = path[at++];
            }
        }
        return at == path.Length;
    }
}
