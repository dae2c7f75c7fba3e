namespace Tare.EngineApi.Networks;

/// <summary>A network: a row of GET /networks and the answer to GET /networks/{id}.</summary>
public sealed class NetworkInspect
{
    public string Name { get; set; } = "";
    public string Id { get; set; } = "";
    public string Created { get; set; } = "";
    public string Scope { get; set; } = "local";
    public string Driver { get; set; } = "";
    public bool EnableIPv4 { get; set; }
    public bool EnableIPv6 { get; set; }
    public Ipam IPAM { get; set; } = new();
    public bool Internal { get; set; }
    public bool Attachable { get; set; }
    public bool Ingress { get; set; }
    public ConfigReference ConfigFrom { get; set; } = new();
    public bool ConfigOnly { get; set; }

    /// <summary>By container id; a list leaves it out since API 1.28.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, EndpointResource>? Containers { get; set; }
    public Dictionary<string, string> Options { get; set; } = [];
    public Dictionary<string, string> Labels { get; set; } = [];
}

/// <summary>The network that holds another's configuration.</summary>
public sealed class ConfigReference
{
    public string Network { get; set; } = "";
}

/// <summary>Address management of a network.</summary>
public sealed class Ipam
{
    public string Driver { get; set; } = "default";
    public Dictionary<string, string>? Options { get; set; }
    public List<IpamConfig>? Config { get; set; }
}

/// <summary>One subnet, in CIDR.</summary>
public sealed class IpamConfig
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? Subnet { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? IPRange { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Gateway { get; set; }

    /// <summary>Reserved addresses by name.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? AuxiliaryAddresses { get; set; }
}

/// <summary>A container on a network.</summary>
public sealed class EndpointResource
{
    public string Name { get; set; } = "";
    public string EndpointID { get; set; } = "";
    public string MacAddress { get; set; } = "";

    /// <summary>With its prefix length.</summary>
    public string IPv4Address { get; set; } = "";
    public string IPv6Address { get; set; } = "";
}

/// <summary>Body of POST /networks/create.</summary>
public sealed class NetworkCreateRequest
{
    public string Name { get; set; } = "";

    /// <summary>Ignored: names are unique here, as they are since API 1.44.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public bool? CheckDuplicate { get; set; }
    public string Driver { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public string? Scope { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public bool? EnableIPv4 { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public bool? EnableIPv6 { get; set; }
    public Ipam? IPAM { get; set; }
    public bool Internal { get; set; }
    public bool Attachable { get; set; }
    public bool Ingress { get; set; }
    public bool ConfigOnly { get; set; }
    public ConfigReference? ConfigFrom { get; set; }
    public Dictionary<string, string>? Options { get; set; }
    public Dictionary<string, string>? Labels { get; set; }
}

/// <summary>Answer to POST /networks/create.</summary>
public sealed class NetworkCreateResponse
{
    public string Id { get; set; } = "";
    public string Warning { get; set; } = "";
}

/// <summary>Body of POST /networks/{id}/connect.</summary>
public sealed class NetworkConnectRequest
{
    public string Container { get; set; } = "";
    public EndpointSettings? EndpointConfig { get; set; }
}

/// <summary>Body of POST /networks/{id}/disconnect.</summary>
public sealed class NetworkDisconnectRequest
{
    public string Container { get; set; } = "";
    public bool Force { get; set; }
}

/// <summary>Answer to POST /networks/prune.</summary>
public sealed class NetworksPruneResponse
{
    public List<string>? NetworksDeleted { get; set; }
}
