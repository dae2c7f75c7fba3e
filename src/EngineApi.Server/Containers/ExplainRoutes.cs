using Tare.Engine;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;

namespace Tare.EngineApi.Server.Containers;

/// <summary>What only Tare has: POST /tare/explain.</summary>
internal static class ExplainRoutes
{
    public static void Map(RouteTable routes, EngineHost engine) => routes.Post("/tare/explain", async request =>
    {
        CreateRequest body = await request.ReadAsync(EngineApiJson.Default.CreateRequest);
        await request.AnswerTextAsync(await engine.Explain.RunAsync(request.Query("platform"), body));
    });
}
