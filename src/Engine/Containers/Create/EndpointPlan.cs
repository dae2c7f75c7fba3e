using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.Errors;

namespace Tare.Engine.Containers.Create;

/// <summary>Which networks a new container joins and with what wishes, by network name.</summary>
internal static class EndpointPlan
{
    internal static Dictionary<string, EndpointSettings> Make(ContainerContext context, ContainerConfig config, HostConfig host, NetworkingConfig? networking)
    {
        Dictionary<string, EndpointSettings?> asked = networking?.EndpointsConfig ?? [];
        if (host.NetworkMode is "host" or "none")
        {
            if (asked.Keys.Any(name => name != host.NetworkMode && name != "default"))
                throw TareException.Invalid("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
            return new() { [host.NetworkMode] = new EndpointSettings() };
        }
        if (host.NetworkMode.StartsWith("container:", StringComparison.Ordinal))
            return [];
        Dictionary<string, EndpointSettings> endpoints = new(StringComparer.Ordinal);
        host.NetworkMode = context.Networks.GetName(host.NetworkMode);
        foreach ((string name, EndpointSettings? settings) in asked)
        {
            // A network may be named twice, by name and by id.
            string canonical = name is "default" or "" ? "bridge" : context.Networks.GetName(name);
            if (canonical is "host" or "none")
                throw TareException.Invalid("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
            endpoints[canonical] = settings ?? new EndpointSettings();
        }
        if (!endpoints.TryGetValue(host.NetworkMode, out EndpointSettings? main))
            endpoints[host.NetworkMode] = main = new EndpointSettings();
        if (main.MacAddress.Length == 0 && !string.IsNullOrEmpty(config.MacAddress))
            main.MacAddress = config.MacAddress;
        return endpoints;
    }
}
