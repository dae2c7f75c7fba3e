using Tare.Engine.Containers;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Containers;

/// <summary>/containers/{id}: start, stop, restart, kill, pause, unpause and wait.</summary>
internal static class LifecycleRoutes
{
    public static void Map(RouteTable routes, ContainerServices containers)
    {
        Verb(routes, "start", (request, id) => containers.Start.RunAsync(id, request.Query("checkpoint"), request.Query("checkpoint-dir")));
        Verb(routes, "stop", (request, id) => containers.Stop.RunAsync(id, request.Query("signal"), request.Number("t")));
        Verb(routes, "restart", (request, id) => containers.Restart.RunAsync(id, request.Query("signal"), request.Number("t")));
        Verb(routes, "kill", (request, id) => Saying($"cannot kill container: {id}", () => containers.Kill.RunAsync(id, request.Query("signal"))));
        Verb(routes, "pause", (_, id) => containers.Pause.PauseAsync(id));
        Verb(routes, "unpause", (_, id) => containers.Pause.UnpauseAsync(id));
        routes.Post("/containers/{id}/wait", request => WaitAsync(request, containers.Wait));
    }

    /// <summary>Puts what was attempted before a refusal, as clients print it.</summary>
    private static async Task Saying(string attempt, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (TareException refusal)
        {
            throw new TareException(refusal.Kind, attempt, refusal);
        }
    }

    private static void Verb(RouteTable routes, string verb, Func<ApiRequest, string, Task> run) => routes.Post($"/containers/{{id}}/{verb}", async request =>
    {
        await run(request, request.Value("id"));
        await request.AnswerAsync();
    });

    /// <summary>The head is sent once the wait has begun: a client that sees it may start the container and will not miss the end.</summary>
    private static async Task WaitAsync(ApiRequest request, ContainerWait wait)
    {
        Task<WaitResponse> ended = wait.Begin(request.Value("id"), request.Query("condition"));
        _ = await request.StartStreamAsync("application/json");
        await request.StreamUntilClientGoneAsync(async cancellation =>
        {
            WaitResponse response = await ended.WaitAsync(cancellation);
            await request.WriteLineAsync(response, EngineApiJson.Default.WaitResponse);
        });
    }
}
