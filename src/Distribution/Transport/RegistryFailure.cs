using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tare.Errors;

namespace Tare.Distribution.Transport;

/// <summary>The one table from what registries answer, and from broken connections, to errors in the domain's words. Stateless.</summary>
internal static class RegistryFailure
{
    private const int ShownLength = 400;

    /// <summary>The error of an answer that is no success.</summary>
    public static TareException Of(HttpResponseMessage response, ReadOnlySpan<byte> body, string what)
    {
        ErrorEntry[] errors = Parse(body);
        string said = errors.Length > 0 ? string.Join("; ", errors.Select(Text)) : $"the server answers {(int)response.StatusCode} {response.ReasonPhrase}";
        return new TareException(Kind(response.StatusCode, errors), $"{what}: {Shown(said)}");
    }

    /// <summary>Runs a call and turns what breaks on the way into Unavailable; cancellation stays cancellation.</summary>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> call, string what, CancellationToken cancel)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException e)
        {
            throw new TareException(ErrorKind.Unavailable, what, Plain(e));
        }
        catch (IOException e)
        {
            throw new TareException(ErrorKind.Unavailable, what, e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new TareException(ErrorKind.Unavailable, $"{what}: the server does not answer in time", e);
        }
    }

    /// <summary>True when another attempt may help.</summary>
    public static bool IsTransient(TareException error) => error.Kind == ErrorKind.Unavailable;

    /// <summary>True when no server is there at all: asking again at once will not help.</summary>
    public static bool IsNobodyThere(TareException error) => error.InnerException is SocketException
    {
        SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.NetworkUnreachable or SocketError.HostUnreachable
    };

    // The outermost message says what the inner one does, and adds "(host:port)" or "see inner exception".
    private static Exception Plain(HttpRequestException e) => e.InnerException switch
    {
        SocketException socket => socket,
        System.Security.Authentication.AuthenticationException tls => tls,
        _ => e,
    };

    private static ErrorKind Kind(HttpStatusCode status, ErrorEntry[] errors) => status switch
    {
        HttpStatusCode.Unauthorized => ErrorKind.Unauthorized,
        HttpStatusCode.Forbidden => ErrorKind.Forbidden,
        HttpStatusCode.NotFound => ErrorKind.NotFound,
        HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => ErrorKind.Unavailable,
        HttpStatusCode.InsufficientStorage => ErrorKind.OutOfSpace,
        >= HttpStatusCode.InternalServerError => ErrorKind.Unavailable,
        _ when errors.Any(e => e.Code == "UNSUPPORTED") => ErrorKind.NotSupported,
        _ => ErrorKind.InvalidArgument,
    };

    private static ErrorEntry[] Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return body.IsEmpty ? [] : JsonSerializer.Deserialize(body, DistributionJson.Default.ErrorList)?.Errors ?? [];
        }
        catch (JsonException)
        {
            // A proxy's page, or nonsense: the status says enough.
            return [];
        }
    }

    private static string Text(ErrorEntry error)
    {
        string code = error.Code.ToLowerInvariant().Replace('_', ' ');
        return error.Message.Length == 0 ? code : code.Length == 0 ? error.Message : $"{code}: {error.Message}";
    }

    private static string Shown(string text)
    {
        var clean = new StringBuilder();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, ShownLength)))
            _ = clean.Append(char.IsControl(c) ? ' ' : c);
        return clean.ToString();
    }
}

/// <summary>The errors of a registry's answer (distribution-spec, "Error Codes").</summary>
internal sealed record ErrorList
{
    [System.Text.Json.Serialization.JsonPropertyName("errors")]
    public ErrorEntry[]? Errors { get; init; }
}

/// <summary>One error of a registry's answer.</summary>
internal sealed record ErrorEntry
{
    [System.Text.Json.Serialization.JsonPropertyName("code")]
    public string Code { get; set; } = "";
    [System.Text.Json.Serialization.JsonPropertyName("message")]
    public string Message { get; set; } = "";
}
