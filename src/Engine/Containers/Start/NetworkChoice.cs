using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Networks;

namespace Tare.Engine.Containers.Start;

/// <summary>What a container's record asks of the network side.</summary>
internal static class NetworkChoice
{
    /// <summary>True when the engine gives the container a network namespace with interfaces: not for host, none and another container's.</summary>
    internal static bool HasSandbox(ContainerRecord record) =>
        record.HostConfig.NetworkMode is not ("host" or "none") && NamespaceChoice.Target(record.HostConfig.NetworkMode) is null && !record.Config.NetworkDisabled;

    /// <summary>Id of the container whose hosts, hostname and resolv.conf it sees: one network, one set of files.</summary>
    internal static string FilesOf(ContainerContext context, ContainerRecord record) =>
        NamespaceChoice.Target(record.HostConfig.NetworkMode) is { } target && context.Store.TryGet(target, out Container? other) ? other.Id : record.Id;

    internal static SandboxRequest Request(ContainerContext context, ContainerRecord record) => new(
        record.Id, record.Name, ContainerSpec.Hostname(record), record.Endpoints, record.HostConfig.PortBindings ?? [],
        (record.Config.ExposedPorts ?? []).Keys, record.HostConfig.PublishAllPorts, context.DnsOf(record.HostConfig).Servers);

    /// <summary>The wishes alone, as they are when the container does not run.</summary>
    internal static Dictionary<string, EndpointSettings> WishesOf(IReadOnlyDictionary<string, EndpointSettings> endpoints) =>
        endpoints.ToDictionary(e => e.Key, e => new EndpointSettings
        {
            IPAMConfig = e.Value.IPAMConfig,
            Links = e.Value.Links,
            Aliases = e.Value.Aliases,
            DriverOpts = e.Value.DriverOpts,
            GwPriority = e.Value.GwPriority,
            NetworkID = e.Value.NetworkID,
            DNSNames = e.Value.DNSNames,
            MacAddress = e.Value.EndpointID.Length == 0 ? e.Value.MacAddress : "",
        });
}
