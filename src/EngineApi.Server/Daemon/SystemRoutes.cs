using Microsoft.AspNetCore.Http;
using Tare.Engine;
using Tare.Engine.Daemon;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Daemon;

/// <summary>/_ping, /version, /info and /system/df.</summary>
internal static class SystemRoutes
{
    public static void Map(RouteTable routes, EngineHost engine)
    {
        routes.Get("/_ping", PingAsync);
        routes.Head("/_ping", PingAsync);
        routes.Get("/version", request => request.AnswerAsync(InfoService.Version(), EngineApiJson.Default.VersionResponse));
        routes.Get("/info", request => InfoAsync(request, engine));
        routes.Get("/system/df", request => DiskUsageAsync(request, engine));
    }

    private static Task InfoAsync(ApiRequest request, EngineHost engine)
    {
        InfoResponse info = engine.Info.Info();
        // Came with API 1.49.
        if (!request.Since(49))
            info.FirewallBackend = null;
        return request.AnswerAsync(info, EngineApiJson.Default.InfoResponse);
    }

    private static Task PingAsync(ApiRequest request)
    {
        IHeaderDictionary headers = request.Http.Response.Headers;
        headers["Builder-Version"] = "1";
        headers["Swarm"] = "inactive";
        headers.CacheControl = "no-cache, no-store, must-revalidate";
        headers.Pragma = "no-cache";
        if (!HttpMethods.IsHead(request.Http.Request.Method))
            return request.AnswerTextAsync("OK");
        request.Http.Response.ContentType = "text/plain; charset=utf-8";
        return request.AnswerAsync(StatusCodes.Status200OK);
    }

    private static Task DiskUsageAsync(ApiRequest request, EngineHost engine)
    {
        IReadOnlyList<string> types = request.All("type");
        if (types.FirstOrDefault(type => type is not ("container" or "image" or "volume" or "build-cache")) is { } unknown)
            throw TareException.Invalid($"unknown object type: {unknown}");
        bool summaries = request.Since(52);
        DiskUsage usage = engine.DiskUsage.Measure(new DiskUsageOptions(types, Lists: !request.Since(53), summaries, summaries && request.Flag("verbose")));
        return request.AnswerAsync(usage, EngineApiJson.Default.DiskUsage);
    }
}
