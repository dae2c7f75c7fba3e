using Microsoft.AspNetCore.Http;
using Tare.Engine;
using Tare.Engine.Networks;
using Tare.EngineApi.Json;
using Tare.EngineApi.Networks;
using Tare.EngineApi.Server.Protocol;

namespace Tare.EngineApi.Server.Networks;

/// <summary>/networks.</summary>
internal static class NetworkRoutes
{
    public static void Map(RouteTable routes, EngineHost engine)
    {
        NetworkService networks = engine.Networks;
        routes.Get("/networks", request => request.AnswerAsync(
            networks.List(request.Filters("dangling", "driver", "id", "label", "name", "scope", "type")), EngineApiJson.Default.ListNetworkInspect));
        routes.Post("/networks/create", async request =>
        {
            NetworkCreateRequest body = await request.ReadAsync(EngineApiJson.Default.NetworkCreateRequest);
            await request.AnswerAsync(networks.Create(body), EngineApiJson.Default.NetworkCreateResponse, StatusCodes.Status201Created);
        });
        routes.Post("/networks/prune", request => request.AnswerAsync(
            networks.Prune(request.Filters("label", "label!", "until")), EngineApiJson.Default.NetworksPruneResponse));
        routes.Get("/networks/{id}", request => request.AnswerAsync(networks.Inspect(request.Value("id")), EngineApiJson.Default.NetworkInspect));
        routes.Post("/networks/{id}/connect", async request =>
        {
            NetworkConnectRequest body = await request.ReadAsync(EngineApiJson.Default.NetworkConnectRequest);
            await engine.Containers.Network.ConnectAsync(body.Container, request.Value("id"), body.EndpointConfig);
            await request.AnswerAsync(StatusCodes.Status200OK);
        });
        routes.Post("/networks/{id}/disconnect", async request =>
        {
            NetworkDisconnectRequest body = await request.ReadAsync(EngineApiJson.Default.NetworkDisconnectRequest);
            await engine.Containers.Network.DisconnectAsync(body.Container, request.Value("id"));
            await request.AnswerAsync(StatusCodes.Status200OK);
        });
        routes.Delete("/networks/{id}", request =>
        {
            networks.Remove(request.Value("id"));
            return request.AnswerAsync();
        });
    }
}
