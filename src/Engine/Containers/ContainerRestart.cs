using Tare.Engine.Containers.State;

namespace Tare.Engine.Containers;

/// <summary>docker restart: stop when it runs, then start.</summary>
public sealed class ContainerRestart(ContainerContext context, ContainerStop stop, ContainerStart start)
{
    /// <summary>Restarts a container, in whatever state it is.</summary>
    public async Task RunAsync(string reference, string? signal, int? timeout)
    {
        Container container = context.Store.Get(reference);
        // --rm would delete it between stop and start.
        container.KeepOnExit = true;
        try
        {
            _ = await stop.TryStopAsync(container, signal, timeout);
            await start.RunAsync(container.Id);
        }
        finally
        {
            container.KeepOnExit = false;
        }
        context.Publish(container.Record, "restart");
    }
}
