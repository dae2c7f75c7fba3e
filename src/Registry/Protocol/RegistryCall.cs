using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Access;

namespace Tare.Registry.Protocol;

/// <summary>One request with what the verbs need of it: what its path names, who asks, the parts of the registry, and the ways to answer.</summary>
internal sealed class RegistryCall(HttpContext http, RegistryPath path, Caller caller, RegistryParts parts)
{
    private const int MaxWarning = 4096;
    private int _warned;

    public HttpRequest Request => http.Request;

    public HttpResponse Response => http.Response;

    public RegistryParts Parts => parts;

    public Caller Caller => caller;

    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>The repository's name; it obeys the grammar.</summary>
    public string Repository => path.Repository;

    /// <summary>The last part of the path, unchecked.</summary>
    public string Reference => path.Reference;

    public bool IsHead => HttpMethods.IsHead(http.Request.Method);

    /// <summary>The digest that the path names; another text is DIGEST_INVALID.</summary>
    public Digest PathDigest() => ParseDigest(path.Reference);

    /// <summary>A query value, or null when it is absent or empty.</summary>
    public string? Query(string name) => http.Request.Query[name] is { Count: > 0 } values && !string.IsNullOrEmpty(values[0]) ? values[0] : null;

    /// <summary>The "n" of a paged list, no larger than a bound; null when absent.</summary>
    public int? PageSize(int bound)
    {
        if (Query("n") is not { } text)
            return null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? (int)Math.Min(number, (ulong)bound)
            : throw new RegistryException(ErrorCode.Unsupported, "invalid number of results requested: n is not a number", status: 400);
    }

    /// <summary>Content-Type without parameters, or null.</summary>
    public string? MediaType()
    {
        string? type = http.Request.ContentType;
        int semicolon = type?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        type = (semicolon < 0 ? type : type![..semicolon])?.Trim();
        return string.IsNullOrEmpty(type) ? null : type;
    }

    /// <summary>A note for the user of the client, as a Warning header; what exceeds the specification's bound on all of them is left out.</summary>
    public void Warn(string message)
    {
        string header = $"299 - \"{message.Replace('\\', '/').Replace('"', '\'')}\"";
        _warned += header.Length;
        if (_warned <= MaxWarning)
            http.Response.Headers.Append("Warning", header);
    }

    /// <summary>An answer without a body.</summary>
    public void Answer(int status)
    {
        http.Response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
            http.Response.ContentLength = 0;
    }

    /// <summary>An answer with a document; HEAD gets its headers.</summary>
    public Task AnswerAsync<T>(int status, T body, JsonTypeInfo<T> type, string mediaType = "application/json") =>
        AnswerAsync(status, JsonSerializer.SerializeToUtf8Bytes(body, type), mediaType);

    /// <inheritdoc cref="AnswerAsync{T}"/>
    public async Task AnswerAsync(int status, ReadOnlyMemory<byte> body, string mediaType)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = mediaType;
        http.Response.ContentLength = body.Length;
        if (IsHead)
            return;
        _ = await http.Response.BodyWriter.WriteAsync(body, Aborted);
    }

    public static Digest ParseDigest(string? text) => Digest.TryParse(text, out Digest? digest)
        ? digest : throw RegistryException.DigestInvalid("invalid digest: sha256 or sha512 in lower-case hexadecimal is expected");
}
