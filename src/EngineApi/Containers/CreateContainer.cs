using Tare.EngineApi.Networks;

namespace Tare.EngineApi.Containers;

/// <summary>Body of POST /containers/create; the name and platform are in the query.</summary>
public sealed class CreateRequest : ContainerConfig
{
    public HostConfig? HostConfig { get; set; }
    public NetworkingConfig? NetworkingConfig { get; set; }
}

/// <summary>Answer to POST /containers/create.</summary>
public sealed class CreateResponse
{
    public string Id { get; set; } = "";
    public List<string> Warnings { get; set; } = [];
}

/// <summary>Networks to join at creation, by name.</summary>
public sealed class NetworkingConfig
{
    public Dictionary<string, EndpointSettings?>? EndpointsConfig { get; set; }
}
