using Tare.Engine.Containers;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Execs;
using Tare.Errors;

namespace Tare.Engine.Execs;

/// <summary>POST /containers/{id}/exec: prepares a process, which <see cref="ExecStart"/> starts.</summary>
public sealed class ExecCreate(ContainerContext context, ExecStore execs)
{
    /// <summary>Returns the new exec's id; Conflict when the container does not run.</summary>
    public string Run(string container, ExecCreateRequest request)
    {
        Container target = context.Store.Get(container);
        if (request.Cmd is not { Count: > 0 })
            throw TareException.Invalid("No exec command specified");
        CheckRuns(target, container);
        _ = DetachKeys.Parse(request.DetachKeys);
        Exec exec = execs.Add(target, request, context.Now, kept: true);
        context.Publish(target.Record, "exec_create: " + string.Join(' ', request.Cmd), ("execID", exec.Id));
        return exec.Id;
    }

    internal static void CheckRuns(Container target, string name)
    {
        switch (target.State)
        {
            case LifecycleState.Running:
                return;
            case LifecycleState.Paused:
                throw TareException.Conflict($"Container {name} is paused, unpause the container before exec");
            case LifecycleState.Restarting:
                throw TareException.Conflict($"Container {target.Id} is restarting, wait until the container is running");
            default:
                throw TareException.Conflict($"container {target.Id} is not running");
        }
    }
}
