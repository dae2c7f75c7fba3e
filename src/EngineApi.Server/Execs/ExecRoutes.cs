using Microsoft.AspNetCore.Http;
using Tare.Engine.Containers;
using Tare.EngineApi.Execs;
using Tare.EngineApi.Images;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Containers;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;

namespace Tare.EngineApi.Server.Execs;

/// <summary>/containers/{id}/exec and /exec/{id}.</summary>
internal static class ExecRoutes
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    public static void Map(RouteTable routes, ContainerServices containers)
    {
        routes.Post("/containers/{id}/exec", async request =>
        {
            ExecCreateRequest body = await request.ReadAsync(EngineApiJson.Default.ExecCreateRequest);
            request.Note("command", string.Join(' ', body.Cmd ?? []));
            request.Note("user", body.User);
            if (body.Privileged)
                request.Note("privileged", "true");
            string id = containers.ExecCreate.Run(request.Value("id"), body);
            request.Note("exec", id);
            await request.AnswerAsync(new IdResponse { Id = id }, EngineApiJson.Default.IdResponse, StatusCodes.Status201Created);
        });
        routes.Post("/exec/{id}/start", request => StartAsync(request, containers));
        routes.Post("/exec/{id}/resize", async request =>
        {
            await containers.ExecResize.RunAsync(request.Value("id"), request.Number("h") ?? 0, request.Number("w") ?? 0);
            await request.AnswerAsync(StatusCodes.Status200OK);
        });
        routes.Get("/exec/{id}/json", request => request.AnswerAsync(containers.ExecInspect.Run(request.Value("id")), EngineApiJson.Default.ExecInspect));
    }

    private static async Task StartAsync(ApiRequest request, ContainerServices containers)
    {
        ExecStartRequest body = await request.ReadOptionalAsync(EngineApiJson.Default.ExecStartRequest) ?? new ExecStartRequest();
        ExecInspect exec = containers.ExecInspect.Run(request.Value("id"));
        await using ContainerStream? process = await containers.ExecStart.RunAsync(request.Value("id"), body);
        if (process is null)
        {
            await request.AnswerAsync(StatusCodes.Status200OK);
            return;
        }
        await using HijackedStream client = await request.HijackAsync(StreamRoutes.HijackMediaType(request, process.IsMultiplexed));
        await process.PumpAsync(exec.OpenStdin ? client : null, client, client.ClientGone);
        // Clients ask for the exit code as soon as the stream ends: it must be known by then.
        if (!process.IsDetached && !client.ClientGone.IsCancellationRequested)
            _ = await Task.WhenAny(containers.Execs.Get(request.Value("id")).Ended, Task.Delay(EndPatience));
    }
}
