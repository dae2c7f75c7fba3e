namespace Tare.Engine.Containers;

/// <summary>The verbs of containers, one object each; made once by the host and shared. All are thread-safe.</summary>
public sealed class ContainerServices
{
    /// <summary>Wires the verbs.</summary>
    public ContainerServices(ContainerContext context)
    {
        Context = context;
        Rename = new ContainerRename(context);
        Wait = new ContainerWait(context);
        Kill = new ContainerKill(context);
        Stop = new ContainerStop(context, Kill);
        Pause = new ContainerPause(context);
        List = new ContainerList(context);
        Inspect = new ContainerInspection(context);
    }

    /// <summary>What the verbs work with; <see cref="ContainerContext.Store"/> has the records.</summary>
    public ContainerContext Context { get; }

    /// <summary>POST /containers/{id}/rename.</summary>
    public ContainerRename Rename { get; }

    /// <summary>POST /containers/{id}/wait.</summary>
    public ContainerWait Wait { get; }

    /// <summary>POST /containers/{id}/kill.</summary>
    public ContainerKill Kill { get; }

    /// <summary>POST /containers/{id}/stop.</summary>
    public ContainerStop Stop { get; }

    /// <summary>POST /containers/{id}/pause and /unpause.</summary>
    public ContainerPause Pause { get; }

    /// <summary>GET /containers/json.</summary>
    public ContainerList List { get; }

    /// <summary>GET /containers/{id}/json.</summary>
    public ContainerInspection Inspect { get; }
}
