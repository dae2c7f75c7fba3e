using Microsoft.AspNetCore.Http;
using Tare.Engine.Volumes;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Volumes;
using Tare.Errors;

namespace Tare.EngineApi.Server.Volumes;

/// <summary>/volumes.</summary>
internal static class VolumeRoutes
{
    public static void Map(RouteTable routes, VolumeService volumes)
    {
        routes.Get("/volumes", request => request.AnswerAsync(
            volumes.List(request.Filters("dangling", "driver", "label", "name")), EngineApiJson.Default.VolumeListResponse));
        routes.Post("/volumes/create", async request =>
        {
            VolumeCreateRequest body = await request.ReadAsync(EngineApiJson.Default.VolumeCreateRequest);
            await request.AnswerAsync(volumes.Create(body), EngineApiJson.Default.Volume, StatusCodes.Status201Created);
        });
        routes.Post("/volumes/prune", request => PruneAsync(request, volumes));
        routes.Get("/volumes/{name}", request => request.AnswerAsync(volumes.Inspect(request.Value("name")), EngineApiJson.Default.Volume));
        routes.Put("/volumes/{name}", _ => throw new TareException(ErrorKind.Unavailable, "only cluster volumes can be updated, and this node is not a swarm manager"));
        routes.Delete("/volumes/{name}", request =>
        {
            volumes.Remove(request.Value("name"), request.Flag("force"));
            return request.AnswerAsync();
        });
    }

    private static Task PruneAsync(ApiRequest request, VolumeService volumes)
    {
        FilterSet filters = request.Filters("all", "label", "label!");
        // Until API 1.42 every unused volume was meant.
        if (!request.Since(42))
            filters.Add("all", "true");
        return request.AnswerAsync(volumes.Prune(filters), EngineApiJson.Default.VolumesPruneResponse);
    }
}
