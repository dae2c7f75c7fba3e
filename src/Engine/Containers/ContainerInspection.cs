using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;

namespace Tare.Engine.Containers;

/// <summary>docker inspect of a container: the record in Docker's overlapping words.</summary>
public sealed class ContainerInspection(ContainerContext context)
{
    /// <summary>Everything about one container; <paramref name="size"/> walks its writable layer.</summary>
    public ContainerInspect Run(string reference, bool size)
    {
        Container container = context.Store.Get(reference);
        ContainerRecord record = container.Record;
        (long Writable, long Root)? sizes = size ? ContainerSize.Of(context, record) : null;
        return new ContainerInspect
        {
            Id = record.Id,
            Created = GoTime.FormatNanoseconds(record.CreatedAt),
            Path = record.Path,
            Args = [.. record.Command.Skip(1)],
            State = Describe(container),
            Image = record.ImageId,
            ResolvConfPath = context.Paths.ResolvConf(NetworkChoice.FilesOf(context, record)),
            HostnamePath = context.Paths.Hostname(NetworkChoice.FilesOf(context, record)),
            HostsPath = context.Paths.Hosts(NetworkChoice.FilesOf(context, record)),
            LogPath = record.HostConfig.LogConfig.Type == "none" ? "" : context.Paths.Log(record.Id),
            Name = "/" + record.Name,
            RestartCount = record.RestartCount,
            Driver = "overlay2",
            Platform = "linux",
            ExecIDs = container.Execs.IsEmpty ? null : [.. container.Execs.Keys.Order(StringComparer.Ordinal)],
            HostConfig = record.HostConfig.WithLinks(new ContainerLinks(context).Show(record)),
            GraphDriver = new GraphDriver
            {
                Name = "overlay2",
                Data = new() { ["UpperDir"] = context.Paths.Upper(record.Id), ["WorkDir"] = context.Paths.Work(record.Id) },
            },
            SizeRw = sizes?.Writable,
            SizeRootFs = sizes?.Root,
            Mounts = [.. record.Mounts.Select(mount => mount.ToMountPoint())],
            Config = record.Config,
            NetworkSettings = DescribeNetworks(record),
        };
    }

    private static ContainerState Describe(Container container)
    {
        LifecycleState state = container.State;
        return new ContainerState
        {
            Status = state.Status,
            Running = state.HasProcess || state is LifecycleState.Restarting,
            Paused = state is LifecycleState.Paused,
            Restarting = state is LifecycleState.Restarting,
            OOMKilled = !state.HasProcess && state.Last.OutOfMemory,
            Dead = state is LifecycleState.Dead,
            Pid = state.ProcessId,
            ExitCode = state.HasProcess ? 0 : state.Last.Code,
            Error = state.HasProcess ? "" : state.Last.Error,
            StartedAt = state.StartedAt == 0 ? GoTime.Zero : GoTime.FormatNanoseconds(state.StartedAt),
            FinishedAt = state.Last.EndedAt == 0 ? GoTime.Zero : GoTime.FormatNanoseconds(state.Last.EndedAt),
            Health = container.Health?.Describe(),
        };
    }

    private static NetworkSettings DescribeNetworks(ContainerRecord record)
    {
        var settings = new NetworkSettings
        {
            SandboxID = record.State.HasProcess ? record.Id : "",
            SandboxKey = record.SandboxPath,
            Ports = new(record.Ports),
            Networks = new(record.Endpoints),
        };
        // The members below repeat the default network's for clients before API 1.52.
        (settings.Bridge, settings.HairpinMode, settings.LinkLocalIPv6Address, settings.LinkLocalIPv6PrefixLen) = ("", false, "", 0);
        EndpointSettings first = record.Endpoints.TryGetValue("bridge", out EndpointSettings? bridge) ? bridge : new EndpointSettings();
        (settings.EndpointID, settings.Gateway, settings.IPAddress, settings.IPPrefixLen) = (first.EndpointID, first.Gateway, first.IPAddress, first.IPPrefixLen);
        (settings.GlobalIPv6Address, settings.GlobalIPv6PrefixLen, settings.IPv6Gateway) = (first.GlobalIPv6Address, first.GlobalIPv6PrefixLen, first.IPv6Gateway);
        settings.MacAddress = first.MacAddress;
        return settings;
    }
}
