using Tare.Engine.Containers.Health;
using Tare.Engine.Containers.Start;
using Tare.Engine.Execs;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>
/// The verbs of containers and execs, one object each; made once by the host, before the keeper's client begins to receive, and shared. All are
/// thread-safe. The host then calls <see cref="Recovery"/>.
/// </summary>
public sealed class ContainerServices
{
    /// <summary>Wires the verbs and makes the directories they need.</summary>
    public ContainerServices(ContainerContext context)
    {
        Context = context;
        MakeDirectories(context.Paths);
        Execs = new ExecStore(context.Paths.Execs, context.Store);
        ExecStart = new ExecStart(context, Execs);
        ExecCreate = new ExecCreate(context, Execs);
        ExecResize = new ExecResize(context, Execs);
        ExecInspect = new ExecInspection(Execs);
        Create = new ContainerCreate(context);
        Rename = new ContainerRename(context);
        Wait = new ContainerWait(context);
        Kill = new ContainerKill(context);
        Stop = new ContainerStop(context, Kill);
        Remove = new ContainerRemove(context, Stop, Execs);
        ContainerHealth health = new(context, Execs, ExecStart);
        Start = new ContainerStart(context, health, Remove);
        Restart = new ContainerRestart(context, Stop, Start);
        health.Act = (container, action) => action switch
        {
            HealthAction.Restart => Restart.RunAsync(container.Id, null, null),
            HealthAction.Stop => Stop.RunAsync(container.Id, null, null),
            _ => Kill.EndUnhealthyAsync(container),
        };
        Pause = new ContainerPause(context);
        Checkpoint = new ContainerCheckpoint(context, Kill);
        Update = new ContainerUpdate(context);
        Prune = new ContainerPrune(context, Remove);
        List = new ContainerList(context);
        Inspect = new ContainerInspection(context);
        Logs = new ContainerLogs(context);
        Attach = new ContainerAttach(context, Logs);
        Resize = new ContainerResize(context);
        Top = new ContainerTop(context);
        Stats = new ContainerStatistics(context);
        Network = new ContainerNetwork(context);
        Rootfs = new RootFilesystem(context);
        Archive = new ContainerArchive(context, Rootfs);
        Export = new ContainerExport(context, Rootfs);
        Changes = new ContainerChanges(context, Rootfs);
        Commit = new ContainerCommit(context);
        ContainerExit exit = new(context, Start, Remove);
        Recovery = new ContainerRecovery(context, Start, exit, Remove, health, new ExecRecovery(context, Execs));
        Notices = new KeeperNotices(context, exit, new ExecExit(context, Execs));
    }

    /// <summary>What the verbs work with; <see cref="ContainerContext.Store"/> has the records.</summary>
    public ContainerContext Context { get; }

    /// <summary>POST /containers/create.</summary>
    public ContainerCreate Create { get; }

    /// <summary>POST /containers/{id}/start.</summary>
    public ContainerStart Start { get; }

    /// <summary>POST /containers/{id}/stop.</summary>
    public ContainerStop Stop { get; }

    /// <summary>POST /containers/{id}/restart.</summary>
    public ContainerRestart Restart { get; }

    /// <summary>POST /containers/{id}/kill.</summary>
    public ContainerKill Kill { get; }

    /// <summary>POST /containers/{id}/pause and /unpause.</summary>
    public ContainerPause Pause { get; }

    /// <summary>/containers/{id}/checkpoints.</summary>
    public ContainerCheckpoint Checkpoint { get; }

    /// <summary>POST /containers/{id}/rename.</summary>
    public ContainerRename Rename { get; }

    /// <summary>POST /containers/{id}/update.</summary>
    public ContainerUpdate Update { get; }

    /// <summary>POST /containers/{id}/wait.</summary>
    public ContainerWait Wait { get; }

    /// <summary>DELETE /containers/{id}.</summary>
    public ContainerRemove Remove { get; }

    /// <summary>POST /containers/prune.</summary>
    public ContainerPrune Prune { get; }

    /// <summary>GET /containers/json.</summary>
    public ContainerList List { get; }

    /// <summary>GET /containers/{id}/json.</summary>
    public ContainerInspection Inspect { get; }

    /// <summary>GET /containers/{id}/logs.</summary>
    public ContainerLogs Logs { get; }

    /// <summary>POST /containers/{id}/attach.</summary>
    public ContainerAttach Attach { get; }

    /// <summary>POST /containers/{id}/resize.</summary>
    public ContainerResize Resize { get; }

    /// <summary>GET /containers/{id}/top.</summary>
    public ContainerTop Top { get; }

    /// <summary>GET /containers/{id}/stats.</summary>
    public ContainerStatistics Stats { get; }

    /// <summary>POST /networks/{id}/connect and /disconnect.</summary>
    public ContainerNetwork Network { get; }

    /// <summary>Root file systems for copying, comparing, exporting and committing.</summary>
    public RootFilesystem Rootfs { get; }

    /// <summary>HEAD, GET and PUT /containers/{id}/archive.</summary>
    public ContainerArchive Archive { get; }

    /// <summary>GET /containers/{id}/export.</summary>
    public ContainerExport Export { get; }

    /// <summary>GET /containers/{id}/changes.</summary>
    public ContainerChanges Changes { get; }

    /// <summary>POST /commit.</summary>
    public ContainerCommit Commit { get; }

    /// <summary>All execs.</summary>
    public ExecStore Execs { get; }

    /// <summary>POST /containers/{id}/exec.</summary>
    public ExecCreate ExecCreate { get; }

    /// <summary>POST /exec/{id}/start.</summary>
    public ExecStart ExecStart { get; }

    /// <summary>POST /exec/{id}/resize.</summary>
    public ExecResize ExecResize { get; }

    /// <summary>GET /exec/{id}/json.</summary>
    public ExecInspection ExecInspect { get; }

    /// <summary>What the keeper says.</summary>
    internal KeeperNotices Notices { get; }

    /// <summary>Called by the host after it has started.</summary>
    public ContainerRecovery Recovery { get; }

    private static void MakeDirectories(ContainerPaths paths)
    {
        _ = Directory.CreateDirectory(paths.Root);
        _ = Stat.TryChmodAt(FileDescriptor.CurrentDirectory, paths.Root, 0x1c8 /* 0710 */);
        _ = Directory.CreateDirectory(paths.Anchor);
        _ = Directory.CreateDirectory(paths.MountsAnchor);
        InitLayer.Ensure(paths.InitLayer);
    }
}
