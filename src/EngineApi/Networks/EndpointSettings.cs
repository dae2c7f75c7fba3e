namespace Tare.EngineApi.Networks;

/// <summary>How a container is or shall be joined to one network: the first members are wishes, the others operational.</summary>
public sealed class EndpointSettings : IJsonOnDeserialized
{
    public EndpointIpamConfig? IPAMConfig { get; set; }
    public List<string>? Links { get; set; }
    public List<string>? Aliases { get; set; }
    public Dictionary<string, string>? DriverOpts { get; set; }

    /// <summary>The highest wins the default route.</summary>
    public int GwPriority { get; set; }
    public string NetworkID { get; set; } = "";
    public string EndpointID { get; set; } = "";
    public string Gateway { get; set; } = "";
    public string IPAddress { get; set; } = "";

    /// <summary>A wish on input.</summary>
    public string MacAddress { get; set; } = "";
    public int IPPrefixLen { get; set; }
    public string IPv6Gateway { get; set; } = "";
    public string GlobalIPv6Address { get; set; } = "";
    public int GlobalIPv6PrefixLen { get; set; }
    public List<string>? DNSNames { get; set; }

    /// <summary>These settings with other aliases: a copy.</summary>
    public EndpointSettings WithAliases(List<string> aliases)
    {
        var copy = (EndpointSettings)MemberwiseClone();
        copy.Aliases = aliases;
        return copy;
    }

    /// <summary>An explicit null for a text means empty, as it does in Go.</summary>
    public void OnDeserialized()
    {
        NetworkID ??= "";
        EndpointID ??= "";
        Gateway ??= "";
        IPAddress ??= "";
        MacAddress ??= "";
        IPv6Gateway ??= "";
        GlobalIPv6Address ??= "";
    }
}

/// <summary>Wished addresses on a network.</summary>
public sealed class EndpointIpamConfig
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? IPv4Address { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? IPv6Address { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<string>? LinkLocalIPs { get; set; }
}
