using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Server.Audit;
using Tare.EngineApi.Server.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Server.Protocol;

/// <summary>One request with what handlers need of it: the API version, the values of the route, the query, the body, the answer.</summary>
public sealed partial class ApiRequest(HttpContext http, int version, Dictionary<string, string> values)
{
    /// <summary>For what the other members do not offer.</summary>
    public HttpContext Http => http;

    /// <summary>1047 for 1.47.</summary>
    public int Version => version;

    /// <summary>What the audit log will say of this request; null for requests that change nothing.</summary>
    internal AuditRecord? Record { get; set; }

    /// <summary>Tells the audit log more than method and path do.</summary>
    public void Note(string name, string value) => Record?.Note(name, value);

    /// <summary>The connection broke, or a write to the client failed.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>True when the client speaks at least 1.minor.</summary>
    public bool Since(int minor) => version >= 1000 + minor;

    /// <summary>The value of a name in the route's pattern.</summary>
    public string Value(string name) => values[name];

    /// <summary>A query value, or null when it is absent.</summary>
    public string? Query(string name) => http.Request.Query.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues found) ? found[0] : null;

    /// <summary>A query value, or "" when it is absent.</summary>
    public string Text(string name) => Query(name) ?? "";

    /// <summary>Every value of a repeated query name.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. http.Request.Query[name].Where(value => !string.IsNullOrEmpty(value)).Select(value => value!)];

    /// <summary>False for nothing, "0", "no", "false" and "none"; true for anything else, as Docker reads it.</summary>
    public bool Flag(string name, bool otherwise = false) => Query(name) switch
    {
        null => otherwise,
        { } text => text.Trim().ToUpperInvariant() is not ("" or "0" or "NO" or "FALSE" or "NONE"),
    };

    /// <summary>A number, or null when it is absent; throws when it is none.</summary>
    public int? Number(string name)
    {
        string? text = Query(name);
        if (string.IsNullOrEmpty(text))
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw TareException.Invalid($"invalid value for {name}: \"{text}\" is not a number");
    }

    /// <summary>The "filters" of the query; refuses keys beyond the allowed ones.</summary>
    public FilterSet Filters(params ReadOnlySpan<string> allowed)
    {
        if (!FilterSet.TryParse(Query("filters"), out FilterSet filters))
            throw TareException.Invalid("invalid filters: neither {\"key\":[\"value\"]} nor {\"key\":{\"value\":true}}");
        return filters.FirstUnknownKey(allowed.ToArray()) is { } unknown
            ? throw TareException.Invalid($"invalid filter '{unknown}'")
            : filters;
    }

    /// <summary>The body as JSON; throws when it is missing or wrong.</summary>
    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> type) where T : class =>
        await ReadOptionalAsync(type) ?? throw TareException.Invalid("invalid JSON: got EOF while reading request body");

    /// <summary>The body as JSON, or null when there is none.</summary>
    public async Task<T?> ReadOptionalAsync<T>(JsonTypeInfo<T> type) where T : class
    {
        if (http.Request.ContentLength is 0 || (http.Request.ContentLength is null && http.Request.Headers.TransferEncoding.Count == 0))
            return null;
        RequireJson();
        return await RequestJson.ReadBodyAsync(http.Request, http.RequestAborted) is { } body ? RequestJson.Parse<T>(body) : null;
    }

    /// <summary>The body as bytes; more than the limit is InvalidArgument.</summary>
    public async Task<byte[]> ReadBytesAsync(int limit)
    {
        var body = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is var read and > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > limit)
                throw TareException.Invalid($"the request's body has more than the {limit} bytes it may have");
        }
        return body.ToArray();
    }

    /// <summary>Takes the connection away from HTTP after an answer that says so; see <see cref="HijackedStream"/>.</summary>
    public async Task<HijackedStream> HijackAsync(string mediaType)
    {
        bool upgrade = http.Request.Headers.Upgrade.Count > 0;
        HijackedStream stream = Hijack(upgrade ? StatusCodes.Status101SwitchingProtocols : StatusCodes.Status200OK);
        string head = upgrade
            ? $"HTTP/1.1 101 UPGRADED\r\nContent-Type: {mediaType}\r\nConnection: Upgrade\r\nUpgrade: {http.Request.Headers.Upgrade}\r\n"
            : $"HTTP/1.1 200 OK\r\nContent-Type: {mediaType}\r\n";
        await SendHeadAsync(stream, head);
        return stream;
    }

    private void RequireJson()
    {
        string? type = http.Request.ContentType;
        if (string.IsNullOrEmpty(type))
            throw TareException.Invalid("malformed Content-Type header (): mime: no media type");
        if (type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            return;
        throw TareException.Invalid($"unsupported Content-Type header ({type}): must be 'application/json'");
    }
}
