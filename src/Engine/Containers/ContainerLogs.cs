using Tare.Engine.Containers.Logs;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker logs.</summary>
public sealed class ContainerLogs(ContainerContext context)
{
    /// <summary>Opens a container's log; the lines come with <see cref="ContainerLogStream.CopyToAsync"/>.</summary>
    public ContainerLogStream Open(string reference, LogsOptions options)
    {
        if (!options.Stdout && !options.Stderr)
            throw TareException.Invalid("Bad parameters: you must choose at least one stream");
        Container container = context.Store.Get(reference);
        if (container.State is LifecycleState.Removing or LifecycleState.Dead)
            throw TareException.Conflict("can not get logs from container which is dead or marked for removal");
        LogConfig log = container.Record.HostConfig.LogConfig;
        if (log.Type == "none" || (bool.TryParse(log.Config?.GetValueOrDefault("cache-disabled"), out bool disabled) && disabled))
            throw new TareException(ErrorKind.NotSupported, "configured logging driver does not support reading");
        return new ContainerLogStream(container, context.Paths.Log(container.Id), options);
    }
}
