using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Daemon;

/// <summary>What Docker has and Tare has not: cluster mode, managed plugins, BuildKit's transport. Each answers what clients understand.</summary>
internal static class AbsentRoutes
{
    private const string NoSwarm =
        "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

    private static readonly string[] Cluster = ["swarm", "nodes", "services", "tasks", "secrets", "configs"];

    public static void Map(RouteTable routes)
    {
        foreach (string verb in (string[])["init", "join"])
            routes.Post($"/swarm/{verb}", _ => throw new TareException(ErrorKind.Unavailable, "Tare has no swarm mode: this engine stays a single node"));
        foreach (string kind in Cluster)
        {
            foreach (string method in (string[])["GET", "POST", "PUT", "DELETE"])
            {
                routes.Add(method, $"/{kind}", _ => throw new TareException(ErrorKind.Unavailable, NoSwarm));
                routes.Add(method, $"/{kind}/{{rest*}}", _ => throw new TareException(ErrorKind.Unavailable, NoSwarm));
            }
        }
        // The answer is an empty list of plugins.
        routes.Get("/plugins", request => request.AnswerAsync([], EngineApiJson.Default.ListString));
        routes.Get("/plugins/{name*}/json", request => throw TareException.NotFound($"plugin \"{request.Value("name")}\" not found"));
        routes.Get("/plugins/privileges", _ => throw Unsupported("managed plugins are not supported"));
        routes.Post("/plugins/{rest*}", _ => throw Unsupported("managed plugins are not supported"));
        routes.Delete("/plugins/{rest*}", request => throw TareException.NotFound($"plugin \"{request.Value("rest")}\" not found"));
        routes.Post("/build", _ => throw Unsupported("builds are not supported by this version; make images with load, import or commit"));
        // There is no build cache, so nothing of it is in use; system prune asks for this too.
        routes.Post("/build/prune", request => request.AnswerAsync(new BuildPruneResponse(), EngineApiJson.Default.BuildPruneResponse));
        routes.Post("/session", _ => throw Unsupported("BuildKit sessions are not supported by this version"));
        routes.Post("/grpc", _ => throw Unsupported("BuildKit's transport is not supported by this version"));
        routes.Get("/containers/{id}/attach/ws", _ => throw Unsupported("attaching by websocket is not supported by this version"));
    }

    private static TareException Unsupported(string message) => new(ErrorKind.NotSupported, message);
}
