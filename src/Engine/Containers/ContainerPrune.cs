using Tare.Engine.Containers.State;
using Tare.Engine.Filtering;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker container prune.</summary>
public sealed class ContainerPrune(ContainerContext context, ContainerRemove remove)
{
    private static readonly string[] Keys = ["until", "label", "label!"];

    /// <summary>Removes all containers that do not run and match; those that cannot be removed now are left out.</summary>
    public async Task<ContainersPruneResponse> RunAsync(FilterSet filters)
    {
        if (filters.FirstUnknownKey(Keys) is { } unknown)
            throw TareException.Invalid($"invalid filter '{unknown}'");
        long until = PruneTime.Until(filters) is { } time ? (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100 : long.MaxValue;
        List<string> deleted = [];
        ulong reclaimed = 0;
        foreach (Container container in context.Store.All.Where(c => Matches(c.Record, filters, until)))
        {
            long size = ContainerSize.Of(context, container.Record).Writable;
            try
            {
                await remove.RunAsync(container.Id, force: false, volumes: false);
            }
            catch (TareException)
            {
                // Started or removed by somebody else meanwhile.
                continue;
            }
            deleted.Add(container.Id);
            reclaimed += (ulong)size;
        }
        context.Events.Publish("container", "prune", "", new Dictionary<string, string> { ["reclaimed"] = $"{reclaimed}" });
        return new ContainersPruneResponse { ContainersDeleted = deleted, SpaceReclaimed = reclaimed };
    }

    private static bool Matches(ContainerRecord record, FilterSet filters, long until) =>
        record.State is LifecycleState.Created or LifecycleState.Exited or LifecycleState.Dead
        && record.CreatedAt < until
        && PruneLabels.Match(filters, record.Config.Labels ?? []);
}
