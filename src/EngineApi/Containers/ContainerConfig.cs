using Tare.EngineApi.Json;

namespace Tare.EngineApi.Containers;

/// <summary>What runs and how, independent of the host: the "Config" of a container or of an image.</summary>
public class ContainerConfig : IJsonOnDeserialized
{
    public string Hostname { get; set; } = "";
    public string Domainname { get; set; } = "";
    public string User { get; set; } = "";
    public bool AttachStdin { get; set; }
    public bool AttachStdout { get; set; }
    public bool AttachStderr { get; set; }

    /// <summary>Keys such as "80/tcp".</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, EmptyObject>? ExposedPorts { get; set; }
    public bool Tty { get; set; }
    public bool OpenStdin { get; set; }
    public bool StdinOnce { get; set; }

    /// <summary>NAME=value; a bare NAME removes an image's variable.</summary>
    public List<string>? Env { get; set; }

    /// <summary>Null takes the image's command; an array or one string on input.</summary>
    [JsonConverter(typeof(StringOrListConverter))] public List<string>? Cmd { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public HealthConfig? Healthcheck { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool ArgsEscaped { get; set; }
    public string Image { get; set; } = "";

    /// <summary>Anonymous volumes by their place in the container.</summary>
    public Dictionary<string, EmptyObject>? Volumes { get; set; }
    public string WorkingDir { get; set; } = "";

    /// <summary>Null takes the image's entrypoint; an array holding one empty string clears it.</summary>
    [JsonConverter(typeof(StringOrListConverter))] public List<string>? Entrypoint { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public bool NetworkDisabled { get; set; }

    /// <summary>Of the default network's interface; clients since API 1.44 put it into the endpoint settings.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public string? MacAddress { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<string>? OnBuild { get; set; }
    public Dictionary<string, string>? Labels { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? StopSignal { get; set; }

    /// <summary>Seconds; null is the engine's default of 10, -1 waits for ever.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public int? StopTimeout { get; set; }
    [JsonIgnore(Condition = WhenWritingNull), JsonConverter(typeof(StringOrListConverter))] public List<string>? Shell { get; set; }

    /// <summary>This configuration with other names of the host: a copy.</summary>
    public ContainerConfig WithNames(string hostname, string domainname)
    {
        var copy = (ContainerConfig)MemberwiseClone();
        (copy.Hostname, copy.Domainname) = (hostname, domainname);
        return copy;
    }

    /// <summary>An explicit null for a text means empty, as it does in Go.</summary>
    public virtual void OnDeserialized()
    {
        Hostname ??= "";
        Domainname ??= "";
        User ??= "";
        Image ??= "";
        WorkingDir ??= "";
    }
}
