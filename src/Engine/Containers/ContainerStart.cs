using Tare.Engine.Containers.Checkpoints;
using Tare.Engine.Containers.Health;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Logs.Drivers;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Networks;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Runtime.Checkpoint;

namespace Tare.Engine.Containers;

/// <summary>docker start.</summary>
public sealed class ContainerStart(ContainerContext context, ContainerHealth health, ContainerRemove remove)
{
    /// <summary>Starts a container; NotModified when it runs, InvalidArgument with exit code 127 or 126 in the record when its command cannot be run.</summary>
    /// <param name="reference">The container.</param>
    /// <param name="checkpoint">Name of the checkpoint that it goes on from, or null or empty.</param>
    /// <param name="checkpointDirectory">Where that is, when it is not the container's own.</param>
    public async Task RunAsync(string reference, string? checkpoint = null, string? checkpointDirectory = null)
    {
        if (!string.IsNullOrEmpty(checkpoint))
            CheckpointFolder.CheckName(checkpoint);
        Container container = context.Store.Get(reference);
        using (await container.Lock.EnterAsync())
        {
            switch (container.State)
            {
                case LifecycleState.Running:
                    throw new TareException(ErrorKind.NotModified, $"container {container.Id} is already running");
                case LifecycleState.Paused:
                    throw TareException.Conflict("cannot start a paused container, try unpause instead");
                case LifecycleState.Removing or LifecycleState.Dead:
                    throw TareException.Conflict("container is marked for removal and cannot be started");
                default:
                    break;
            }
            string? images = string.IsNullOrEmpty(checkpoint) ? null : FindCheckpoint(container.Record, checkpoint, checkpointDirectory);
            container.Restart?.Cancel();
            container.Restart = null;
            await StartAsync(container, byUser: true, images);
        }
    }

    /// <summary>Starts a container that does not run. The caller holds its lock.</summary>
    internal async Task StartAsync(Container container, bool byUser, string? checkpoint = null)
    {
        Launched launched;
        ILogSink? log = null;
        try
        {
            TakeNames(container);
            log = await LogDrivers.OpenAsync(container.Record);
            launched = await LaunchAsync(container, checkpoint);
        }
        catch (Exception error)
        {
            if (log is not null)
                await log.DisposeAsync();
            await FailAsync(container, error);
            throw error is LaunchException failure ? failure.Failure.Error : error;
        }
        try
        {
            Record(container, launched, byUser);
        }
        catch (TareException error)
        {
            // A full disk: what no record names must not run.
            if (log is not null)
                await log.DisposeAsync();
            await UnrecordedProcess.EndAsync(context, container.Record, launched.PidFd);
            _ = await new ContainerTeardown(context).RunAsync(container.Record);
            await FailAsync(container, error);
            throw;
        }
        container.PidFd = launched.PidFd;
        container.StopRequested = false;
        context.LogDrivers.Begin(container, log);
        new ContainerLinks(context).Announce(container.Record);
        health.Watch(container);
        context.Publish(container.Record, "start");
    }

    private string FindCheckpoint(ContainerRecord record, string name, string? directory)
    {
        CheckpointPlan.Check(record);
        string images = new CheckpointFolder(context, record, directory).Find(name);
        Dump.CheckInstalled();
        return images;
    }

    private void Record(Container container, Launched launched, bool byUser)
    {
        IReadOnlyDictionary<string, EndpointSettings>? endpoints = launched.Sandbox?.Endpoints;
        context.Store.Apply(container, new LifecycleEvent.Started(launched.Pid, context.Now), record => record with
        {
            Endpoints = endpoints ?? record.Endpoints,
            Ports = launched.Sandbox?.Ports ?? record.Ports,
            SandboxPath = launched.Sandbox?.Path ?? "",
            RestartCount = byUser ? 0 : record.RestartCount + 1,
            StoppedByUser = false,
        });
    }

    /// <summary>In another container's network it has that one's names too, as it shares its files.</summary>
    private void TakeNames(Container container)
    {
        ContainerRecord record = container.Record;
        if (NamespaceChoice.Target(record.HostConfig.NetworkMode) is not { } target || !context.Store.TryGet(target, out Container? other))
            return;
        (string hostname, string domainname) = (other.Record.Config.Hostname, other.Record.Config.Domainname);
        if (record.Config.Hostname != hostname || record.Config.Domainname != domainname)
            context.Store.Save(container, record with { Config = record.Config.WithNames(hostname, domainname) });
    }

    /// <summary>A keeper that dies meanwhile takes the start with it, undone; the next one does it again.</summary>
    private async Task<Launched> LaunchAsync(Container container, string? checkpoint)
    {
        await context.AwaitKeeperAsync();
        KeeperClient keeper = context.Keeper;
        try
        {
            return await new ContainerLaunch(context, container, checkpoint).RunAsync();
        }
        catch (TareException error) when (error.Kind == ErrorKind.Unavailable && keeper.IsGone)
        {
            await context.AwaitKeeperAsync();
            return await new ContainerLaunch(context, container, checkpoint).RunAsync();
        }
    }

    private async Task FailAsync(Container container, Exception error)
    {
        (int code, string message) = error is LaunchException failure
            ? (failure.Failure.ExitCode, TareException.Describe(failure.Failure.Error))
            : (128, TareException.Describe(error));
        await context.Keeper.ForgetAsync(container.Id);
        foreach (ContainerStream stream in container.Streams.Keys)
            stream.Abort();
        context.Store.Record(container, new LifecycleEvent.StartFailed(code, message, context.Now));
        // The one who starts is told why; those who wait get the code alone, as clients print the same error only once.
        container.AnnounceExit(code, null);
        context.Publish(container.Record, "die", ("exitCode", code.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if (container.Record.HostConfig.AutoRemove && !container.KeepOnExit)
            await remove.RemoveAsync(container, removeVolumes: true);
    }
}
