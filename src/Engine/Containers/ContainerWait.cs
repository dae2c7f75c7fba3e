using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker wait: registers at once, completes later.</summary>
public sealed class ContainerWait(ContainerContext context)
{
    /// <summary>
    /// Begins to wait for "not-running" (also null or empty), "next-exit" or "removed". When this returns, no later exit can be missed; an unknown
    /// container or condition throws from here, not from the task.
    /// </summary>
    public Task<WaitResponse> Begin(string reference, string? condition)
    {
        Container container = context.Store.Get(reference);
        Task<WaitResponse> next = container.NextExit;
        switch (condition)
        {
            case null or "" or "not-running":
                // Read after registering: an exit in between completes `next`.
                LifecycleState state = container.State;
                bool ended = !state.HasProcess && state is not LifecycleState.Restarting;
                return ended ? Task.FromResult(Container.Answer(state.Last.Code, null)) : next;
            case "next-exit":
                return next;
            case "removed":
                return container.Removed;
            default:
                throw TareException.Invalid($"invalid condition: \"{condition}\"");
        }
    }
}
