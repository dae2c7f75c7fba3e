using Tare.EngineApi.Networks;

namespace Tare.Engine.Networks;

/// <summary>Shows rows in the wire's form. Pure.</summary>
internal static class NetworkView
{
    /// <summary>A network; its containers only when they are given.</summary>
    public static NetworkInspect Of(StoredNetwork network, IEnumerable<StoredEndpoint>? endpoints) => new()
    {
        Name = network.Name,
        Id = network.Id,
        Created = network.CreatedAt,
        Driver = network.Driver,
        EnableIPv4 = true,
        EnableIPv6 = network.Bridge?.Subnet6 is not null,
        IPAM = new Ipam { Config = [.. Subnets(network)] },
        Internal = network.Bridge?.Internal ?? false,
        Attachable = network.Attachable,
        Containers = endpoints is null ? null : endpoints.ToDictionary(endpoint => endpoint.ContainerId, Resource),
        Options = new Dictionary<string, string>(network.Options),
        Labels = new Dictionary<string, string>(network.Labels),
    };

    /// <summary>An endpoint with the user's wishes and the decided addresses.</summary>
    public static EndpointSettings Of(EndpointSettings wanted, StoredNetwork network, StoredEndpoint? stored) => new()
    {
        IPAMConfig = wanted.IPAMConfig,
        Links = wanted.Links,
        Aliases = wanted.Aliases,
        DriverOpts = wanted.DriverOpts,
        GwPriority = wanted.GwPriority,
        NetworkID = network.Id,
        EndpointID = stored?.Endpoint.Id ?? "",
        Gateway = network.Bridge is { Internal: false } ? stored?.Endpoint.Gateway ?? "" : "",
        IPAddress = stored?.Endpoint.Ip ?? "",
        IPPrefixLen = stored?.Endpoint.PrefixLength ?? 0,
        IPv6Gateway = stored?.Endpoint.Gateway6 ?? "",
        GlobalIPv6Address = stored?.Endpoint.Ip6 ?? "",
        GlobalIPv6PrefixLen = stored?.Endpoint.PrefixLength6 ?? 0,
        MacAddress = stored?.Endpoint.Mac ?? "",
        DNSNames = stored is { Names.Count: > 0 } ? [.. stored.Names] : null,
    };

    private static EndpointResource Resource(StoredEndpoint stored) => new()
    {
        Name = stored.ContainerName,
        EndpointID = stored.Endpoint.Id,
        MacAddress = stored.Endpoint.Mac,
        IPv4Address = $"{stored.Endpoint.Ip}/{stored.Endpoint.PrefixLength}",
        IPv6Address = stored.Endpoint.Ip6 is null ? "" : $"{stored.Endpoint.Ip6}/{stored.Endpoint.PrefixLength6}",
    };

    private static IEnumerable<IpamConfig> Subnets(StoredNetwork network)
    {
        if (network.Bridge is not { } bridge)
            yield break;
        yield return new IpamConfig
        {
            Subnet = bridge.Subnet,
            IPRange = bridge.Range,
            Gateway = bridge.Gateway,
            AuxiliaryAddresses = network.Auxiliary.Count == 0 ? null : new Dictionary<string, string>(network.Auxiliary),
        };
        if (bridge.Subnet6 is not null)
            yield return new IpamConfig { Subnet = bridge.Subnet6, IPRange = bridge.Range6, Gateway = bridge.Gateway6 };
    }
}
