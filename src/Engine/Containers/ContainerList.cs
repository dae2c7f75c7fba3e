using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Lists;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;

namespace Tare.Engine.Containers;

/// <summary>What to list.</summary>
/// <param name="All">Also those that do not run.</param>
/// <param name="Limit">Only so many of the newest, in any state; 0 or less is no bound.</param>
/// <param name="Size">Compute sizes, which walks the writable layers.</param>
/// <param name="Filters">docker ps --filter.</param>
public sealed record ContainerListOptions(bool All, int Limit, bool Size, FilterSet Filters);

/// <summary>docker ps.</summary>
public sealed class ContainerList(ContainerContext context)
{
    /// <summary>The matching containers, newest first, from the records as they are now.</summary>
    public List<ContainerSummary> Run(ContainerListOptions options)
    {
        ContainerFilter filter = new(options.Filters, context.Store, name => context.Images.TryResolve(name, out Tare.Images.Image? image) ? image.Id.ToString() : null);
        bool all = options.All || options.Limit > 0 || filter.LooksAtAll;
        IEnumerable<Container> found = context.Store.All
            .Where(container => (all || IsUp(container.State)) && filter.Matches(container))
            .OrderByDescending(container => container.Record.CreatedAt);
        if (options.Limit > 0)
            found = found.Take(options.Limit);
        ILookup<string, string> linkNames = new ContainerLinks(context).Names();
        return [.. found.Select(container => Summarize(container, linkNames[container.Id], options.Size))];
    }

    private static bool IsUp(LifecycleState state) => state.HasProcess || state is LifecycleState.Restarting;

    private ContainerSummary Summarize(Container container, IEnumerable<string> linkNames, bool size)
    {
        ContainerRecord record = container.Record;
        (long Writable, long Root)? sizes = size ? ContainerSize.Of(context, record) : null;
        return new ContainerSummary
        {
            Id = record.Id,
            Names = ["/" + record.Name, .. linkNames],
            Image = record.Config.Image,
            ImageID = record.ImageId,
            Command = Shown(record.Command),
            Created = record.CreatedAt / 1_000_000_000,
            Ports = ListPorts(record),
            SizeRw = sizes?.Writable,
            SizeRootFs = sizes?.Root,
            Labels = record.Config.Labels ?? [],
            State = record.State.Status,
            Status = Describe(container, context.Now),
            HostConfig = new HostConfigSummary { NetworkMode = record.HostConfig.NetworkMode, Annotations = record.HostConfig.Annotations },
            Health = container.Health is { } health ? new HealthSummary { Status = health.Status, FailingStreak = health.FailingStreak } : null,
            NetworkSettings = new NetworkSettingsSummary { Networks = new(record.Endpoints) },
            Mounts = [.. record.Mounts.Select(mount => mount.ToMountPoint())],
        };
    }

    /// <summary>The command with arguments that hold a space in quotes, as people would have to type them.</summary>
    internal static string Shown(IReadOnlyList<string> command) =>
        string.Join(' ', command.Select((word, place) => place > 0 && word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word));

    private static string Describe(Container container, long now)
    {
        LifecycleState state = container.State;
        string Since(long then) => HumanDuration.Format(TimeSpan.FromTicks((now - then) / 100));
        return state switch
        {
            LifecycleState.Running => $"Up {Since(state.StartedAt)}{DescribeHealth(container)}",
            LifecycleState.Paused => $"Up {Since(state.StartedAt)} (Paused)",
            LifecycleState.Restarting => $"Restarting ({state.Last.Code}) {Since(state.Last.EndedAt)} ago",
            LifecycleState.Exited => $"Exited ({state.Last.Code}) {Since(state.Last.EndedAt)} ago",
            LifecycleState.Removing => "Removal In Progress",
            LifecycleState.Dead => "Dead",
            _ => "Created",
        };
    }

    private static string DescribeHealth(Container container) => container.Health?.Status switch
    {
        null or "none" => "",
        "starting" => " (health: starting)",
        { } status => $" ({status})",
    };

    private static List<PortSummary> ListPorts(ContainerRecord record)
    {
        List<PortSummary> ports = [];
        foreach ((string port, List<PortBinding>? bindings) in record.Ports)
        {
            if (!PortRange.TryParse(port, out PortRange inside))
                continue;
            if (bindings is not { Count: > 0 })
                ports.Add(new PortSummary { PrivatePort = (ushort)inside.First, Type = inside.Protocol });
            foreach (PortBinding binding in bindings ?? [])
            {
                _ = ushort.TryParse(binding.HostPort, out ushort outside);
                ports.Add(new PortSummary { IP = binding.HostIp, PrivatePort = (ushort)inside.First, PublicPort = outside, Type = inside.Protocol });
            }
        }
        return ports;
    }
}
