using Tare.EngineApi.Json;

namespace Tare.EngineApi.Execs;

/// <summary>Body of POST /containers/{id}/exec.</summary>
public sealed class ExecCreateRequest : IJsonOnDeserialized
{
    public string User { get; set; } = "";
    public bool Privileged { get; set; }
    public bool Tty { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public List<uint>? ConsoleSize { get; set; }
    public bool AttachStdin { get; set; }
    public bool AttachStderr { get; set; }
    public bool AttachStdout { get; set; }
    public string DetachKeys { get; set; } = "";
    public List<string>? Env { get; set; }
    public string WorkingDir { get; set; } = "";
    [JsonConverter(typeof(StringOrListConverter))] public List<string>? Cmd { get; set; }

    /// <summary>An explicit null for a text means empty, as it does in Go.</summary>
    public void OnDeserialized()
    {
        User ??= "";
        DetachKeys ??= "";
        WorkingDir ??= "";
    }
}

/// <summary>Body of POST /exec/{id}/start.</summary>
public sealed class ExecStartRequest
{
    public bool Detach { get; set; }
    public bool Tty { get; set; }

    /// <summary>Height and width.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public List<uint>? ConsoleSize { get; set; }
}

/// <summary>Answer to GET /exec/{id}/json.</summary>
public sealed class ExecInspect
{
    public string ID { get; set; } = "";
    public bool Running { get; set; }

    /// <summary>Null while it runs.</summary>
    public int? ExitCode { get; set; }
    public ExecProcessConfig ProcessConfig { get; set; } = new();
    public bool OpenStdin { get; set; }
    public bool OpenStderr { get; set; }
    public bool OpenStdout { get; set; }
    public bool CanRemove { get; set; }
    public string ContainerID { get; set; } = "";
    public string DetachKeys { get; set; } = "";
    public int Pid { get; set; }
}

/// <summary>What an exec runs.</summary>
public sealed class ExecProcessConfig
{
    [JsonPropertyName("tty")] public bool Tty { get; set; }
    [JsonPropertyName("entrypoint")] public string Entrypoint { get; set; } = "";
    [JsonPropertyName("arguments")] public List<string> Arguments { get; set; } = [];
    [JsonPropertyName("privileged"), JsonIgnore(Condition = WhenWritingNull)] public bool? Privileged { get; set; }
    [JsonPropertyName("user"), JsonIgnore(Condition = WhenWritingNull)] public string? User { get; set; }
}
