using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tare.Errors;
using Tare.Registry.Access;

namespace Tare.Registry.Protocol;

/// <summary>Kestrel's application: who asks, for what, may they, the verb, and the answer to a failure.</summary>
internal sealed class RegistryApplication(RegistryParts parts, Action<string> logError) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        context.Response.Headers["Docker-Distribution-API-Version"] = "registry/2.0";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested || error is ConnectionResetException)
        {
            // The client is gone; there is nobody to answer.
        }
        catch (Exception error)
        {
            await AnswerFailureAsync(context, error);
        }
        parts.Metrics.Count(context.Request.Method, context.Response.StatusCode);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string target = context.Request.Path.Value ?? "";
        if (target == "/metrics")
        {
            Caller reader = await parts.Access.IdentifyAsync(context.Request);
            parts.Access.RequireMetrics(reader);
            await Metrics.MetricsGet.HandleAsync(new RegistryCall(context, default, reader, parts));
            return;
        }
        var path = RegistryPath.Parse(target);
        Verb? verb = Verbs.Find(context.Request.Method, path.Resource);
        Caller caller = await parts.Access.IdentifyAsync(context.Request);
        if (verb is null)
        {
            throw path.Resource == Resource.Unknown
                ? new RegistryException(ErrorCode.NameUnknown, "page not found")
                : new RegistryException(ErrorCode.Unsupported, $"the operation is unsupported: {context.Request.Method}");
        }
        if (path.Resource is Resource.Base or Resource.Catalog)
            parts.Access.RequireKnown(caller);
        else
            parts.Access.Require(caller, path.Repository, verb.Action);
        if (verb.Action == RepositoryAction.Delete && !parts.DeleteAllowed)
            throw new RegistryException(ErrorCode.Unsupported, "deleting is disabled in this registry");
        if (verb.Action == RepositoryAction.Write && parts.Proxy.UpstreamOf(path.Repository) is not null)
            throw new RegistryException(ErrorCode.Unsupported, "this repository is a cache of another registry and cannot be pushed to");
        await verb.Handle(new RegistryCall(context, path, caller, parts));
    }

    private async Task AnswerFailureAsync(HttpContext context, Exception error)
    {
        RegistryException refusal = Describe(error);
        if (refusal.Status >= StatusCodes.Status500InternalServerError)
            logError($"{context.Request.Method} {context.Request.Path}: {error}");
        if (context.Response.HasStarted)
        {
            // Too late for a status: the client sees the answer end early.
            context.Abort();
            return;
        }
        if (refusal.Status == StatusCodes.Status401Unauthorized)
            parts.Access.Challenge(context);
        if (refusal.Status == StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = "10";
        var body = new ErrorBody([new ErrorItem(ErrorCodes.Text(refusal.Code), refusal.Message, refusal.Detail)]);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, RegistryJson.Default.ErrorBody);
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        try
        {
            if (!HttpMethods.IsHead(context.Request.Method))
                _ = await context.Response.BodyWriter.WriteAsync(json, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client did not wait for it.
        }
    }

    /// <summary>The one table from failures to refusals.</summary>
    private static RegistryException Describe(Exception error) => error switch
    {
        RegistryException known => known,
        BadHttpRequestException { StatusCode: var status } bad => new(ErrorCode.BlobUploadInvalid, bad.Message, status),
        TareException { Kind: ErrorKind.NotFound } missing => new(ErrorCode.BlobUnknown, missing.Message),
        TareException { Kind: ErrorKind.OutOfSpace } full => new(ErrorCode.Unknown, full.Message, StatusCodes.Status507InsufficientStorage),
        TareException { Kind: ErrorKind.InvalidArgument } wrong => new(ErrorCode.ManifestInvalid, wrong.Message),
        TareException { Kind: ErrorKind.Unavailable } away => new(ErrorCode.Unknown, TareException.Describe(away), StatusCodes.Status502BadGateway),
        _ => new(ErrorCode.Unknown, "the registry failed to answer; its log says why"),
    };
}
