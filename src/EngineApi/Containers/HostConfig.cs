namespace Tare.EngineApi.Containers;

/// <summary>What of the host a container gets: mounts, ports, namespaces, privileges and, from its base, limits.</summary>
public sealed class HostConfig : Resources
{
    /// <summary>source:target[:options], where the source is a host path or a volume's name.</summary>
    public List<string>? Binds { get; set; }
    public string ContainerIDFile { get; set; } = "";
    public LogConfig LogConfig { get; set; } = new();

    /// <summary>"default", "bridge", "host", "none", "container:…" or a network's name.</summary>
    public string NetworkMode { get; set; } = "";
    public Dictionary<string, List<PortBinding>?>? PortBindings { get; set; }
    public RestartPolicy RestartPolicy { get; set; } = new();
    public bool AutoRemove { get; set; }
    public string VolumeDriver { get; set; } = "";
    public List<string>? VolumesFrom { get; set; }

    /// <summary>Height and width of the client's terminal.</summary>
    public List<uint>? ConsoleSize { get; set; } = [0, 0];
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Annotations { get; set; }
    public List<string>? CapAdd { get; set; }
    public List<string>? CapDrop { get; set; }
    public string CgroupnsMode { get; set; } = "";
    public List<string>? Dns { get; set; }
    public List<string>? DnsOptions { get; set; }
    public List<string>? DnsSearch { get; set; }
    public List<string>? ExtraHosts { get; set; }
    public List<string>? GroupAdd { get; set; }
    public string IpcMode { get; set; } = "";
    public string Cgroup { get; set; } = "";
    public List<string>? Links { get; set; }
    public int OomScoreAdj { get; set; }
    public string PidMode { get; set; } = "";
    public bool Privileged { get; set; }
    public bool PublishAllPorts { get; set; }
    public bool ReadonlyRootfs { get; set; }
    public List<string>? SecurityOpt { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? StorageOpt { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Tmpfs { get; set; }
    public string UTSMode { get; set; } = "";
    public string UsernsMode { get; set; } = "";

    /// <summary>Bytes; 0 is the engine's default of 64 MiB.</summary>
    public long ShmSize { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Sysctls { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Runtime { get; set; }
    public string Isolation { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public List<MountSpec>? Mounts { get; set; }

    /// <summary>Files in memory whose content is never shown again.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public List<SecretSpec>? Secrets { get; set; }

    /// <summary>Null takes the engine's defaults, an empty list masks nothing.</summary>
    public List<string>? MaskedPaths { get; set; }

    /// <summary>Null takes the engine's defaults, an empty list leaves all writable.</summary>
    public List<string>? ReadonlyPaths { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public bool? Init { get; set; }

    /// <summary>This configuration with other links: a copy, or itself when nothing differs.</summary>
    public HostConfig WithLinks(List<string>? links)
    {
        if (links is null && Links is null)
            return this;
        var copy = (HostConfig)MemberwiseClone();
        copy.Links = links;
        return copy;
    }

    /// <inheritdoc/>
    public override void OnDeserialized()
    {
        base.OnDeserialized();
        ContainerIDFile ??= "";
        LogConfig ??= new();
        NetworkMode ??= "";
        RestartPolicy ??= new();
        VolumeDriver ??= "";
        CgroupnsMode ??= "";
        IpcMode ??= "";
        Cgroup ??= "";
        PidMode ??= "";
        UTSMode ??= "";
        UsernsMode ??= "";
        Isolation ??= "";
    }
}

/// <summary>A log driver with its options; an empty type is the engine's default.</summary>
public sealed class LogConfig
{
    public string Type { get; set; } = "";
    public Dictionary<string, string>? Config { get; set; }
}

/// <summary>One host address and port; an empty port asks for a free one, "8000-8010" for one of a range.</summary>
public sealed class PortBinding
{
    public string HostIp { get; set; } = "";
    public string HostPort { get; set; } = "";
}

/// <summary>"no", "always", "unless-stopped" or "on-failure" with a bound.</summary>
public sealed class RestartPolicy
{
    public string Name { get; set; } = "";
    public int MaximumRetryCount { get; set; }
}
