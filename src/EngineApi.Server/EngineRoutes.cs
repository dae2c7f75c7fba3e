using Tare.Engine;
using Tare.EngineApi.Server.Containers;
using Tare.EngineApi.Server.Daemon;
using Tare.EngineApi.Server.Execs;
using Tare.EngineApi.Server.Images;
using Tare.EngineApi.Server.Networks;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Volumes;

namespace Tare.EngineApi.Server;

/// <summary>The whole API: every resource's routes over one engine.</summary>
public static class EngineRoutes
{
    /// <summary>Makes the table.</summary>
    public static RouteTable Of(EngineHost engine)
    {
        var routes = new RouteTable();
        SystemRoutes.Map(routes, engine);
        EventRoutes.Map(routes, engine);
        // Before the removal of containers, whose links have a slash in their names.
        CheckpointRoutes.Map(routes, engine.Containers.Checkpoint);
        ContainerRoutes.Map(routes, engine.Containers);
        LifecycleRoutes.Map(routes, engine.Containers);
        StreamRoutes.Map(routes, engine.Containers);
        FileRoutes.Map(routes, engine);
        ExplainRoutes.Map(routes, engine);
        ExecRoutes.Map(routes, engine.Containers);
        ImageArchiveRoutes.Map(routes, engine);
        RegistryRoutes.Map(routes, engine);
        ImageRoutes.Map(routes, engine);
        VolumeRoutes.Map(routes, engine.Volumes);
        NetworkRoutes.Map(routes, engine);
        AbsentRoutes.Map(routes);
        return routes;
    }
}
