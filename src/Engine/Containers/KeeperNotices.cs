using Tare.Engine.Containers.State;
using Tare.Engine.Execs;
using Tare.Keeper.Protocol;

namespace Tare.Engine.Containers;

/// <summary>Brings the keeper's notices of ended processes to the container or exec they belong to.</summary>
internal sealed class KeeperNotices
{
    private readonly ContainerContext _context;
    private readonly ContainerExit _containers;
    private readonly ExecExit _execs;

    /// <summary>Subscribes.</summary>
    internal KeeperNotices(ContainerContext context, ContainerExit containers, ExecExit execs)
    {
        (_context, _containers, _execs) = (context, containers, execs);
        Listen(context.Keeper);
    }

    /// <summary>Subscribes at one more keeper, before its client begins to receive.</summary>
    internal void Listen(KeeperClient keeper) => keeper.Exited += notice => _ = Task.Run(() => HandleAsync(notice));

    private async Task HandleAsync(ProcessNotice notice)
    {
        if (await _execs.TryHandleAsync(notice))
            return;
        if (_context.Store.TryGet(notice.Key, out Container? container) && container.Id == notice.Key)
            await _containers.HandleAsync(container, notice);
        else
            await _context.Keeper.ForgetAsync(notice.Key);
    }
}
