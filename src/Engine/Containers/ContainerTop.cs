using Tare.Cgroups;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Top;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker top: the processes of the container's cgroup, read from the host's /proc; nothing of the container is run for it.</summary>
public sealed class ContainerTop(ContainerContext context)
{
    /// <summary>The table for ps options; null or empty means "-ef".</summary>
    public TopResponse Run(string reference, string? options)
    {
        Container container = context.Store.Get(reference);
        IReadOnlyList<string> columns = ProcessTable.Columns(options ?? "");
        if (container.State is LifecycleState.Restarting)
            throw TareException.Conflict($"Container {container.Id} is restarting, wait until the container is running");
        if (!container.State.HasProcess)
            throw TareException.Conflict($"container {container.Id} is not running");
        var table = new ProcessTable(context.Time.GetUtcNow());
        return new TopResponse
        {
            Titles = [.. columns.Select(ProcessTable.Title)],
            Processes =
            [
                .. ContainerCgroup.Open(context.Cgroups, context.CgroupPath(container.Record)).ReadProcesses()
                    .Select(ProcessRow.Read).OfType<ProcessRow>().Select(row => table.Format(row, columns)),
            ],
        };
    }
}
