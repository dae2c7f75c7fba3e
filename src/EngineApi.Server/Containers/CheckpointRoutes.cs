using Microsoft.AspNetCore.Http;
using Tare.Engine.Containers;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;

namespace Tare.EngineApi.Server.Containers;

/// <summary>/containers/{id}/checkpoints: create, list and remove. A start names one in its query.</summary>
internal static class CheckpointRoutes
{
    public static void Map(RouteTable routes, ContainerCheckpoint checkpoints)
    {
        routes.Get("/containers/{id}/checkpoints", request => request.AnswerAsync(
            [.. checkpoints.List(request.Value("id"), request.Query("dir"))], EngineApiJson.Default.ListCheckpointSummary));
        routes.Post("/containers/{id}/checkpoints", async request =>
        {
            CheckpointCreateRequest body = await request.ReadAsync(EngineApiJson.Default.CheckpointCreateRequest);
            request.Note("checkpoint", body.CheckpointID);
            await checkpoints.CreateAsync(request.Value("id"), body);
            await request.AnswerAsync(StatusCodes.Status201Created);
        });
        routes.Delete("/containers/{id}/checkpoints/{name}", async request =>
        {
            await checkpoints.RemoveAsync(request.Value("id"), request.Value("name"), request.Query("dir"));
            await request.AnswerAsync();
        });
    }
}
