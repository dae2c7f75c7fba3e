using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Audit;
using Tare.Errors;

namespace Tare.EngineApi.Server.Protocol;

/// <summary>Kestrel's application: the headers every answer has, the version, the route, and the answer to a failure.</summary>
internal sealed class ApiApplication(RouteTable routes, string engineVersion, Action<string> logError, AuditLog? audit) : IHttpApplication<HttpContext>
{
    private readonly string _server = $"Tare/{engineVersion} (linux)";

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        AddHeaders(context.Response.Headers);
        ApiRequest request = new(context, ApiVersion.Newest, []);
        try
        {
            RouteHandler? handler = Route(context, out request);
            if (audit is not null && handler is not null)
                request.Record = audit.Open(request);
            if (handler is null)
                throw TareException.NotFound("page not found");
            await handler(request);
            if (context.Features.Get<Transport.IClientConnection>() is { IsHijacked: true })
                context.Abort();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; there is nobody to answer.
        }
        catch (Exception error)
        {
            await AnswerFailureAsync(request, error);
        }
        finally
        {
            request.Record?.Write(context.Response.StatusCode);
        }
    }

    private RouteHandler? Route(HttpContext context, out ApiRequest request)
    {
        ReadOnlySpan<char> path = context.Request.Path.Value;
        int version = ApiVersion.Split(ref path);
        RouteHandler? handler = routes.Find(context.Request.Method, path, out Dictionary<string, string> values);
        request = new ApiRequest(context, version, values);
        return handler;
    }

    private async Task AnswerFailureAsync(ApiRequest request, Exception error)
    {
        int status = ErrorStatus.Of(error);
        if (status >= StatusCodes.Status500InternalServerError && error is not TareException { Kind: ErrorKind.NotSupported or ErrorKind.Unavailable })
            logError($"{request.Http.Request.Method} {request.Http.Request.Path}: {error}");
        bool hijacked = request.Http.Features.Get<Transport.IClientConnection>() is { IsHijacked: true };
        if (hijacked || request.Http.Response.HasStarted)
        {
            // Too late for a status: the client sees the stream end early.
            request.Http.Abort();
            return;
        }
        if (status == StatusCodes.Status304NotModified)
            request.Http.Response.StatusCode = status;
        else
            await request.AnswerAsync(new ErrorResponse { Message = TareException.Describe(error) }, EngineApiJson.Default.ErrorResponse, status);
    }

    private void AddHeaders(IHeaderDictionary headers)
    {
        headers["Api-Version"] = ApiVersions.Maximum;
        // What dockerd calls so is checkpoints, which its client asks for only then.
        headers["Docker-Experimental"] = "true";
        headers["Ostype"] = "linux";
        headers["Server"] = _server;
    }
}
