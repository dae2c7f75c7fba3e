using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tare.Errors;

namespace Tare.EngineApi.Server.Protocol;

/// <summary>The one table from failures to HTTP statuses.</summary>
internal static class ErrorStatus
{
    /// <summary>The status of a kind.</summary>
    public static int Of(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.NotModified => StatusCodes.Status304NotModified,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorKind.NotSupported => StatusCodes.Status501NotImplemented,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.OutOfSpace or ErrorKind.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>The status of any exception that a handler throws.</summary>
    public static int Of(Exception error) => error switch
    {
        TareException known => Of(known.Kind),
        BadHttpRequestException bad => bad.StatusCode,
        JsonException => StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status500InternalServerError,
    };
}
