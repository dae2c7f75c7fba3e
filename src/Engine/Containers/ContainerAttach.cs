using Tare.Engine.Containers.Logs;
using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>What a client wants to be connected to.</summary>
public sealed record AttachOptions
{
    /// <summary>Live output and input; without it only the log is replayed.</summary>
    public bool Stream { get; init; }

    /// <summary>Begin with what was logged before.</summary>
    public bool Logs { get; init; }

    /// <summary>Standard input.</summary>
    public bool Stdin { get; init; }

    /// <summary>Standard output.</summary>
    public bool Stdout { get; init; }

    /// <summary>Standard error.</summary>
    public bool Stderr { get; init; }

    /// <summary>Output without stream frames, whatever the container has.</summary>
    public bool Raw { get; init; }

    /// <summary>Keys to leave with; empty is ctrl-p,ctrl-q.</summary>
    public string DetachKeys { get; init; } = "";
}

/// <summary>docker attach: connects a client to a container, started or not yet.</summary>
public sealed class ContainerAttach(ContainerContext context, ContainerLogs logs)
{
    /// <summary>Opens the connection; the caller pumps and disposes it.</summary>
    public async Task<ContainerStream> OpenAsync(string reference, AttachOptions options)
    {
        Container container = context.Store.Get(reference);
        DetachKeys keys = DetachKeys.Parse(options.DetachKeys);
        if (container.State is LifecycleState.Paused)
            throw TareException.Conflict($"container {container.Id} is paused, unpause the container before attach");
        if (container.State is LifecycleState.Restarting)
            throw TareException.Conflict($"container {container.Id} is restarting, wait until the container is running");
        bool terminal = container.Record.Config.Tty;
        ContainerLogStream? replay = options.Logs && (options.Stdout || options.Stderr)
            ? logs.Open(container.Id, new LogsOptions { Follow = options.Stream, Stdout = options.Stdout, Stderr = options.Stderr || terminal, Raw = options.Raw })
            : null;
        await context.AwaitKeeperAsync();
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (theirs)
        {
            var stream = new ContainerStream(ours, !terminal && !options.Raw, options.Stdin && terminal ? keys : null)
            {
                Replay = replay is null ? null : replay.CopyToAsync,
                Detached = () => context.Publish(container.Record, "detach"),
                Closed = closed => container.Streams.TryRemove(closed, out _),
            };
            container.Streams[stream] = 0;
            try
            {
                if (options.Stream)
                    await context.Keeper.AttachAsync(container.Id, theirs, Flags(container, options, replay is not null));
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
            context.Publish(container.Record, "attach");
            return stream;
        }
    }

    private static AttachFlags Flags(Container container, AttachOptions options, bool replayed)
    {
        AttachFlags flags = container.Record.Config.Tty || options.Raw ? 0 : AttachFlags.Multiplexed;
        if (options.Stdin && container.Record.Config.OpenStdin)
            flags |= AttachFlags.Input | (container.Record.Config.StdinOnce ? AttachFlags.CloseInputAtEnd : 0);
        // A restart by policy is the same container to whoever looks at it.
        if (container.Record.HostConfig.RestartPolicy.Name is "always" or "unless-stopped" or "on-failure")
            flags |= AttachFlags.AcrossRestarts;
        // What the log brings does not come a second time.
        if (options.Stdout && !replayed)
            flags |= AttachFlags.Output;
        if (options.Stderr && !replayed)
            flags |= AttachFlags.Error;
        return flags;
    }
}
