using Microsoft.AspNetCore.Http;
using Tare.Engine;
using Tare.Engine.Registries;
using Tare.EngineApi.Json;
using Tare.EngineApi.Registries;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Images;

/// <summary>What needs registries beside pull and push: /auth, /distribution, /images/search and, Tare's own, /tare/manifests.</summary>
internal static class RegistryRoutes
{
    private const int MaxManifest = 4 << 20;

    public static void Map(RouteTable routes, EngineHost engine)
    {
        RegistryService registries = engine.Registries;
        routes.Post("/auth", async request =>
            await request.AnswerAsync(await registries.LoginAsync(await request.ReadAsync(EngineApiJson.Default.AuthConfig), request.Aborted), EngineApiJson.Default.AuthResponse));
        routes.Get("/distribution/{name*}/json", async request =>
            await request.AnswerAsync(await registries.InspectAsync(request.Value("name"), Auth(request), request.Aborted), EngineApiJson.Default.DistributionInspect));
        routes.Get("/images/search", async request =>
            await request.AnswerAsync(await SearchAsync(request, registries), EngineApiJson.Default.ListSearchItem));
        routes.Get("/tare/manifests/{name*}", async request =>
        {
            RawManifest manifest = await registries.ManifestAsync(request.Value("name"), Auth(request), request.Aborted);
            request.Http.Response.Headers["Docker-Content-Digest"] = manifest.Digest;
            await request.AnswerBytesAsync(manifest.Content, manifest.MediaType);
        });
        routes.Put("/tare/manifests/{name*}", async request =>
        {
            byte[] content = await request.ReadBytesAsync(MaxManifest);
            string type = request.Http.Request.ContentType ?? throw TareException.Invalid("the media type of the manifest is expected in Content-Type");
            string digest = await registries.PutManifestAsync(request.Value("name"), type, content, request.All("mount"), Auth(request), request.Aborted);
            await request.AnswerTextAsync(digest, StatusCodes.Status201Created);
        });
    }

    /// <summary>Who asks.</summary>
    public static AuthConfig Auth(ApiRequest request) => AuthConfig.FromHeader(request.Http.Request.Headers["X-Registry-Auth"]);

    private static async Task<List<SearchItem>> SearchAsync(ApiRequest request, RegistryService registries)
    {
        Filters.FilterSet filters = request.Filters("is-automated", "is-official", "stars");
        int limit = request.Number("limit") is { } given and > 0 ? given : 25;
        if (limit > 100)
            throw TareException.Invalid($"limit {limit} is outside the range of [1, 100]");
        List<SearchItem> items = await registries.SearchAsync(request.Text("term"), limit, Auth(request), request.Aborted);
        if (filters.Has("is-official"))
            _ = items.RemoveAll(item => item.IsOfficial != (filters["is-official"][0] is "true" or "1"));
        if (filters.Has("is-automated"))
            _ = items.RemoveAll(item => item.IsAutomated != (filters["is-automated"][0] is "true" or "1"));
        if (filters.Has("stars") && long.TryParse(filters["stars"][0], out long stars))
            _ = items.RemoveAll(item => item.StarCount < stars);
        return items;
    }
}
